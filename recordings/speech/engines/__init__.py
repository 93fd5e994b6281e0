"""The engines that turn speech into words, one file each, all behind `recordings.speech.recognition.Engine`."""
