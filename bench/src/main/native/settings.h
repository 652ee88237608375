/* Options of a program, all of the form "--name value" or "--name". */
#ifndef FERRY_SETTINGS_H
#define FERRY_SETTINGS_H

/* One option. Exactly one of text, number and flag says where its value goes. */
struct setting {
  const char *name; /* with its dashes; NULL ends a table */
  const char **text;
  long *number; /* not negative */
  int *flag;    /* becomes 1 */
};

/* Fills in what the arguments name. Anything unknown or malformed ends the program with 2. */
void read_settings(char **arguments, const struct setting *settings);

/* The position of a word in a list that NULL ends; an unknown one ends the program with 2. */
int choice(const char *option, const char *word, const char *const *words);

/* End the program: with 2 and a reason, or with 1, what failed and errno. */
_Noreturn void wrong_usage(const char *reason, const char *detail);
_Noreturn void fail(const char *what);

#endif
