// A filter of system calls, written out: a flat list of forbidden numbers and two questions about arguments are less than
// a library of their own would bring with it.
//
// It forbids a list and lets the rest pass. A list of what is allowed would have to follow each release of the C library, of
// Swift's runtime and of the numeric library, and would end honest runs; files are Landlock's part.
#define _GNU_SOURCE
#include <errno.h>
#include <linux/audit.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <sched.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "CSandbox.h"

#if defined(__x86_64__)
#define NATIVE_ARCHITECTURE AUDIT_ARCH_X86_64
#elif defined(__aarch64__)
#define NATIVE_ARCHITECTURE AUDIT_ARCH_AARCH64
#else
#define NATIVE_ARCHITECTURE 0
#endif

/// Numbers from here on are those of the x32 interface, under which the same calls have other numbers.
#define X32_NUMBERS 0x40000000u
#define REFUSED (SECCOMP_RET_ERRNO | (EPERM & SECCOMP_RET_DATA))
// The same on every architecture, and younger than the headers of Debian 12.
#define CALL_FCHMODAT2 452

static const uint32_t forbidden[] = {
    // Programs and processes.
    SYS_execve, SYS_execveat, SYS_ptrace, SYS_process_vm_readv, SYS_process_vm_writev, SYS_kcmp, SYS_pidfd_open,
    SYS_pidfd_getfd, SYS_pidfd_send_signal, SYS_kill, SYS_tkill, SYS_rt_sigqueueinfo, SYS_unshare, SYS_setns,
    // Sockets.
    SYS_socket, SYS_socketpair, SYS_connect, SYS_bind, SYS_listen, SYS_accept, SYS_accept4, SYS_sendto, SYS_sendmsg,
    SYS_sendmmsg, SYS_recvmsg,
    // Ways around a filter or a wall of files.
    SYS_io_uring_setup, SYS_io_uring_enter, SYS_io_uring_register, SYS_open_by_handle_at, SYS_name_to_handle_at,
    SYS_memfd_secret, SYS_userfaultfd, SYS_bpf, SYS_perf_event_open, SYS_personality,
    // What Landlock does not hold: owners, permissions and attributes of files that need not be open.
    SYS_fchmodat, CALL_FCHMODAT2, SYS_fchownat, SYS_setxattr, SYS_lsetxattr, SYS_removexattr, SYS_lremovexattr,
    // The system.
    SYS_mount, SYS_umount2, SYS_pivot_root, SYS_chroot, SYS_mount_setattr, SYS_move_mount, SYS_open_tree, SYS_fsopen,
    SYS_fsmount, SYS_fsconfig, SYS_fspick, SYS_swapon, SYS_swapoff, SYS_reboot, SYS_sethostname, SYS_setdomainname,
    SYS_init_module, SYS_finit_module, SYS_delete_module, SYS_kexec_load, SYS_quotactl, SYS_acct, SYS_syslog,
    SYS_settimeofday, SYS_clock_settime, SYS_adjtimex, SYS_clock_adjtime, SYS_add_key, SYS_request_key, SYS_keyctl,
#if defined(__x86_64__)
    SYS_fork, SYS_vfork, SYS_chmod, SYS_chown, SYS_lchown, SYS_kexec_file_load, SYS_ioperm, SYS_iopl, SYS_modify_ldt,
#endif
};

#define FORBIDDEN_COUNT (sizeof forbidden / sizeof *forbidden)
#define OFFSET_OF(field) ((uint32_t)offsetof(struct seccomp_data, field))
/// The lower half of an argument on machines whose lower half comes first.
#define OFFSET_OF_ARGUMENT(number) ((uint32_t)(offsetof(struct seccomp_data, args) + 8 * (number)))

static struct sock_filter statement(uint16_t code, uint32_t value) { return (struct sock_filter)BPF_STMT(code, value); }

/// Goes on `yes` or `no` instructions after the next one.
static struct sock_filter jump(uint16_t test, uint32_t value, uint8_t yes, uint8_t no) {
    return (struct sock_filter)BPF_JUMP((uint16_t)(BPF_JMP | test | BPF_K), value, yes, no);
}

int csandbox_seccomp_available(void) {
    if (NATIVE_ARCHITECTURE == 0) return ENOSYS;
    uint32_t action = SECCOMP_RET_ERRNO;
    return syscall(SYS_seccomp, SECCOMP_GET_ACTION_AVAIL, 0, &action) == 0 ? 0 : errno;
}

int csandbox_seccomp(void) {
    if (NATIVE_ARCHITECTURE == 0) return ENOSYS;
    struct sock_filter program[2 * FORBIDDEN_COUNT + 32];
    unsigned short length = 0;
#define ADD(instruction) program[length++] = (instruction)
    const uint16_t load = BPF_LD | BPF_W | BPF_ABS, answer = BPF_RET | BPF_K;
    // Another architecture's numbers mean other calls.
    ADD(statement(load, OFFSET_OF(arch)));
    ADD(jump(BPF_JEQ, NATIVE_ARCHITECTURE, 1, 0));
    ADD(statement(answer, SECCOMP_RET_KILL_PROCESS));
    ADD(statement(load, OFFSET_OF(nr)));
    ADD(jump(BPF_JGE, X32_NUMBERS, 0, 1));
    ADD(statement(answer, REFUSED));
    for (size_t i = 0; i < FORBIDDEN_COUNT; i++) {
        ADD(jump(BPF_JEQ, forbidden[i], 0, 1));
        ADD(statement(answer, REFUSED));
    }
    // Threads, but no processes. clone3 hides its flags in memory, which no filter can read: the C library goes on with clone
    // when the kernel seems not to know it.
    ADD(jump(BPF_JEQ, SYS_clone3, 0, 1));
    ADD(statement(answer, SECCOMP_RET_ERRNO | (ENOSYS & SECCOMP_RET_DATA)));
    ADD(jump(BPF_JEQ, SYS_clone, 0, 4));
    ADD(statement(load, OFFSET_OF_ARGUMENT(0)));
    ADD(jump(BPF_JSET, CLONE_THREAD, 1, 0));
    ADD(statement(answer, REFUSED));
    ADD(statement(answer, SECCOMP_RET_ALLOW));
    // Signals to this process only: `abort` sends one.
    ADD(jump(BPF_JEQ, SYS_tgkill, 0, 3));
    ADD(statement(load, OFFSET_OF_ARGUMENT(0)));
    ADD(jump(BPF_JEQ, (uint32_t)getpid(), 1, 0));
    ADD(statement(answer, REFUSED));
    ADD(statement(answer, SECCOMP_RET_ALLOW));
#undef ADD
    struct sock_fprog filter = {.len = length, .filter = program};
    if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0) return errno;
    long status = syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, SECCOMP_FILTER_FLAG_TSYNC, &filter);
    // A positive answer is the thread that cannot take the filter.
    return status == 0 ? 0 : status > 0 ? EBUSY : errno;
}
