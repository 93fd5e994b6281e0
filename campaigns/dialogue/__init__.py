"""The conversation with a patient: right-party verification, questions, answers, warning signs."""
