"""The live floor: who waits, who answers, today's figures."""
