"""What is kept on the disk between builds: finished results, trainings under way, records."""
