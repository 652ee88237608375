#include "settings.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

_Noreturn void wrong_usage(const char *reason, const char *detail) {
  fprintf(stderr, "%s: %s\n", reason, detail);
  exit(2);
}

_Noreturn void fail(const char *what) {
  fprintf(stderr, "%s: %s\n", what, strerror(errno));
  exit(1);
}

static long number(const char *option, const char *text) {
  char *end;
  errno = 0;
  long value = strtol(text, &end, 10);
  if (errno || end == text || *end || value < 0) {
    wrong_usage("not a number", option);
  }
  return value;
}

static const struct setting *find(const char *name, const struct setting *settings) {
  for (; settings->name; settings++) {
    if (!strcmp(settings->name, name)) {
      return settings;
    }
  }
  wrong_usage("unknown option", name);
}

void read_settings(char **arguments, const struct setting *settings) {
  for (char **argument = arguments + 1; *argument; argument++) {
    const struct setting *setting = find(*argument, settings);
    if (setting->flag) {
      *setting->flag = 1;
      continue;
    }
    if (!*++argument) {
      wrong_usage("an option without its value", setting->name);
    }
    if (setting->text) {
      *setting->text = *argument;
    } else {
      *setting->number = number(setting->name, *argument);
    }
  }
}

int choice(const char *option, const char *word, const char *const *words) {
  for (int i = 0; words[i]; i++) {
    if (!strcmp(word, words[i])) {
      return i;
    }
  }
  wrong_usage(option, word);
}
