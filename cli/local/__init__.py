"""The hotline on one machine: what `hotline up` and `hotline demo` start, and how it is kept alive."""
