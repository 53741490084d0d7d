"""People in training: programmes, trainees and the links between them, enrolments."""
