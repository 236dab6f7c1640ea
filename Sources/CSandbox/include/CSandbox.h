// The second wall around a stranger's script: what the process as a whole may still do, enforced by the Linux kernel.
//
// Both parts bind the calling thread and the threads that it starts later, for ever. Call them before any other thread exists.
// Neither needs privileges. Every function answers 0, or the `errno` that says why the kernel refused.
#ifndef CSANDBOX_H
#define CSANDBOX_H

#include <stddef.h>
#include <stdint.h>

/// What a rule lets the process do beneath a path.
enum {
    CSANDBOX_READ = 0,     ///< read files and folders
    CSANDBOX_WRITE = 1,    ///< in addition: make, change, rename and remove files and folders
    CSANDBOX_FOLDERS = 2,  ///< make, rename and remove empty folders, nothing else
};

typedef struct {
    const char *path;  ///< a file or folder that exists; a rule for one that does not is passed over
    int access;
} csandbox_rule;

/// The version of Landlock that the kernel has; 0 without it.
int csandbox_landlock_abi(void);

/// Forbids every access to files but those of the rules; also TCP and signals to other processes where the kernel knows
/// how. Files that are open already stay open.
int csandbox_landlock(const csandbox_rule *rules, size_t count);

/// Whether the kernel takes filters of system calls.
int csandbox_seccomp_available(void);

/// Forbids programs, new processes, sockets, looking into other processes, and what changes the system. Such calls fail with EPERM.
int csandbox_seccomp(void);

/// No file may become longer than `bytes`, or, when standard output or error go to files, than those are by as much. Writing on
/// fails with EFBIG.
int csandbox_limit_file_size(uint64_t bytes);

/// No memory images of the process on the disk.
int csandbox_no_core_files(void);

#endif
