#define _GNU_SOURCE
#include "CProcessGroup.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <unistd.h>

/// The parent's part, after the fork; never returns.
static void become(const char *agent, int in, int out, pid_t child) {
    char input[16], output[16], number[24];
    snprintf(input, sizeof input, "%d", in);
    snprintf(output, sizeof output, "%d", out);
    snprintf(number, sizeof number, "%ld", (long)child);
    execl(agent, agent, input, output, number, (char *)NULL);
    const int reason = errno;
    dprintf(STDERR_FILENO, "rledit-lua: cannot start '%s': %s\n", agent, strerror(reason));
    _exit(1);
}

int cprocessgroup_begin(const char *agent, int *from_agent, int *to_agent) {
    int down[2], up[2];
    if (access(agent, X_OK) != 0) return errno;
    if (pipe(down) != 0) return errno;
    if (pipe(up) != 0) {
        const int reason = errno;
        close(down[0]);
        close(down[1]);
        return reason;
    }
    const pid_t parent = getpid();
    const pid_t child = fork();
    if (child < 0) {
        const int reason = errno;
        close(down[0]);
        close(down[1]);
        close(up[0]);
        close(up[1]);
        return reason;
    }
    if (child > 0) {
        close(down[0]);
        close(up[1]);
        become(agent, up[0], down[1], child);
    }
    close(down[1]);
    close(up[0]);
    // The launcher ends the agent alone. An agent that is gone by now would never be noticed.
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    if (getppid() != parent) _exit(1);
    *from_agent = down[0];
    *to_agent = up[1];
    return 0;
}
