"""Running a job: planning, scheduling, Ray actors, and the same work without Ray."""
