// Dispatch only: each subcommand has a file of its own in cli/.
int main() { return 0; }
