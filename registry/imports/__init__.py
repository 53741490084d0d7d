"""Files in: reading, judging, taking in and taking back what institutions keep in spreadsheets."""
