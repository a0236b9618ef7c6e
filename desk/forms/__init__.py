"""What forms check beyond the models: nothing may reach the database that it would refuse."""
