/*
 * confine PROGRAM [ARGUMENT ...]: takes a unit's restrictions of system calls on, and becomes the program.
 *
 * calls.h and families.h are made from the unit. calls.h has ALLOW(number) for each system call of its SystemCallFilter=:
 * any other call ends the process with SIGSYS, so that none goes unnoticed. families.h has the same for its
 * RestrictAddressFamilies=: a socket of another family is refused with EAFNOSUPPORT, as systemd refuses it.
 */
#include <errno.h>
#include <linux/audit.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <stddef.h>
#include <stdio.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

#if defined(__x86_64__)
#define NATIVE AUDIT_ARCH_X86_64
#elif defined(__aarch64__)
#define NATIVE AUDIT_ARCH_AARCH64
#endif

#define LOAD(field) BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, field))
#define RETURN(action) BPF_STMT(BPF_RET | BPF_K, action)
#define UNLESS(value) BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, value, 1, 0)
#define ALLOW(value) BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, value, 0, 1), RETURN(SECCOMP_RET_ALLOW),

static struct sock_filter families[] = {
    LOAD(nr),
    UNLESS(SYS_socket), RETURN(SECCOMP_RET_ALLOW),
    LOAD(args[0]),
#include "families.h"
    RETURN(SECCOMP_RET_ERRNO | EAFNOSUPPORT),
};

static struct sock_filter calls[] = {
    LOAD(arch),
    UNLESS(NATIVE), RETURN(SECCOMP_RET_KILL_PROCESS),
    LOAD(nr),
#include "calls.h"
    RETURN(SECCOMP_RET_KILL_PROCESS),
};

static int install(struct sock_filter *filter, size_t bytes) {
  struct sock_fprog program = {.len = (unsigned short)(bytes / sizeof *filter), .filter = filter};
  return prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program);
}

int main(int count, char **arguments) {
  if (count < 2 || prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0 || install(families, sizeof families) != 0 ||
      install(calls, sizeof calls) != 0) {
    perror("confine");
    return 1;
  }
  execv(arguments[1], arguments + 1);
  perror(arguments[1]);
  return 1;
}
