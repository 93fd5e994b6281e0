"""Agents, skills, queues and offers: who is rung for whom, within three rings."""
