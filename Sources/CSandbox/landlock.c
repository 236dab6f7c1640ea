// Landlock by its system calls, with constants of our own: the headers of Debian 12 stop at version 2 of the interface.
// Source: the kernel's documentation, userspace-api/landlock.
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdint.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "CSandbox.h"

// The numbers are the same on every architecture.
#define CALL_CREATE_RULESET 444
#define CALL_ADD_RULE 445
#define CALL_RESTRICT_SELF 446
#define CREATE_RULESET_VERSION 1
#define RULE_PATH_BENEATH 1

#define FS_EXECUTE (1ULL << 0)
#define FS_WRITE_FILE (1ULL << 1)
#define FS_READ_FILE (1ULL << 2)
#define FS_READ_DIR (1ULL << 3)
#define FS_REMOVE_DIR (1ULL << 4)
#define FS_REMOVE_FILE (1ULL << 5)
#define FS_MAKE_CHAR (1ULL << 6)
#define FS_MAKE_DIR (1ULL << 7)
#define FS_MAKE_REG (1ULL << 8)
#define FS_MAKE_SYM (1ULL << 12)
#define FS_REFER (1ULL << 13)
#define FS_TRUNCATE (1ULL << 14)
#define FS_IOCTL_DEV (1ULL << 15)
#define NET_BIND_TCP (1ULL << 0)
#define NET_CONNECT_TCP (1ULL << 1)
#define SCOPE_ABSTRACT_UNIX_SOCKET (1ULL << 0)
#define SCOPE_SIGNAL (1ULL << 1)

typedef struct {
    uint64_t handled_fs, handled_net, scoped;
} ruleset_attributes;

typedef struct {
    uint64_t allowed;
    int32_t parent;
} __attribute__((packed)) path_beneath;

int csandbox_landlock_abi(void) {
    long version = syscall(CALL_CREATE_RULESET, NULL, 0, CREATE_RULESET_VERSION);
    return version > 0 ? (int)version : 0;
}

/// Everything that this version of the interface can forbid.
static ruleset_attributes everything(int abi) {
    ruleset_attributes all = {.handled_fs = (FS_MAKE_SYM << 1) - 1};
    if (abi >= 2) all.handled_fs |= FS_REFER;
    if (abi >= 3) all.handled_fs |= FS_TRUNCATE;
    if (abi >= 4) all.handled_net = NET_BIND_TCP | NET_CONNECT_TCP;
    if (abi >= 5) all.handled_fs |= FS_IOCTL_DEV;
    if (abi >= 6) all.scoped = SCOPE_ABSTRACT_UNIX_SOCKET | SCOPE_SIGNAL;
    return all;
}

/// A kernel refuses attributes longer than those it knows unless the rest is zero; older ones know less.
static size_t size_of_attributes(int abi) { return abi >= 6 ? 24 : abi >= 4 ? 16 : 8; }

static uint64_t rights(int access) {
    uint64_t read = FS_READ_FILE | FS_READ_DIR;
    uint64_t folders = FS_MAKE_DIR | FS_REMOVE_DIR;
    switch (access) {
    case CSANDBOX_READ: return read;
    case CSANDBOX_WRITE: return read | folders | FS_WRITE_FILE | FS_REMOVE_FILE | FS_MAKE_REG | FS_REFER | FS_TRUNCATE;
    case CSANDBOX_FOLDERS: return folders;
    default: return 0;
    }
}

static int add_rule(int ruleset, const csandbox_rule *rule, uint64_t handled) {
    int descriptor = open(rule->path, O_PATH | O_CLOEXEC);
    if (descriptor < 0) return 0;
    path_beneath beneath = {.allowed = rights(rule->access) & handled, .parent = descriptor};
    struct stat status;
    // Rights that only folders have make a rule for a file invalid.
    if (fstat(descriptor, &status) == 0 && !S_ISDIR(status.st_mode))
        beneath.allowed &= FS_READ_FILE | FS_WRITE_FILE | FS_TRUNCATE;
    int result = 0;
    if (beneath.allowed != 0 && syscall(CALL_ADD_RULE, ruleset, RULE_PATH_BENEATH, &beneath, 0) != 0) result = errno;
    close(descriptor);
    return result;
}

int csandbox_landlock(const csandbox_rule *rules, size_t count) {
    int abi = csandbox_landlock_abi();
    if (abi == 0) return ENOSYS;
    ruleset_attributes all = everything(abi);
    int ruleset = (int)syscall(CALL_CREATE_RULESET, &all, size_of_attributes(abi), 0);
    if (ruleset < 0) return errno;
    int result = 0;
    for (size_t i = 0; i < count && result == 0; i++) result = add_rule(ruleset, &rules[i], all.handled_fs);
    if (result == 0 && prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0) result = errno;
    if (result == 0 && syscall(CALL_RESTRICT_SELF, ruleset, 0) != 0) result = errno;
    close(ruleset);
    return result;
}

int csandbox_no_core_files(void) {
    struct rlimit none = {0, 0};
    return setrlimit(RLIMIT_CORE, &none) == 0 ? 0 : errno;
}

int csandbox_limit_file_size(uint64_t bytes) {
    // The streams may be files of somebody else's, longer already.
    for (int descriptor = STDOUT_FILENO; descriptor <= STDERR_FILENO; descriptor++) {
        struct stat status;
        if (fstat(descriptor, &status) == 0 && S_ISREG(status.st_mode) && status.st_size > 0 &&
            __builtin_add_overflow(bytes, (uint64_t)status.st_size, &bytes))
            bytes = RLIM_INFINITY;
    }
    // Without its signal, which would end the process, a write past the limit fails like any other.
    if (signal(SIGXFSZ, SIG_IGN) == SIG_ERR) return errno;
    struct rlimit limit;
    if (getrlimit(RLIMIT_FSIZE, &limit) != 0) return errno;
    if (bytes < limit.rlim_max) limit.rlim_max = bytes;
    limit.rlim_cur = limit.rlim_max;
    return setrlimit(RLIMIT_FSIZE, &limit) == 0 ? 0 : errno;
}
