// The part of a run under MPI that speaks MPI. `scripts/install --with-mpi` builds it with the system's `mpicc`.
//
//   mpi-agent FROM_CHILD TO_CHILD CHILD
//
// Each process that the launcher starts becomes one agent, whose child is the confined process with the script
// (CProcessGroup.h). The agent runs no script and reads no file of the user's. It knows frames, and nothing
// of what is in them:
//
//   child to agent   PART  words of this process          FAIL  why this process ends, a text
//   agent to child   HELLO own number, how many there are ALL   a count for each process, then everybody's words
//                    OVER  why the run is over, a text
//
// A frame is two 64-bit numbers, kind and bytes, and as many bytes. Agent 0 is the hub: it collects the parts of all and sends
// them to all. Invariants: an agent has one part under way at a time; a frame is at most FRAME_LIMIT long, and memory grows
// only as its bytes arrive; every wait also tells the others that this agent is there and hears whether they are.
#define _GNU_SOURCE
#include <errno.h>
#include <mpi.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

enum { HELLO = 1, PART, ALL, FAIL, OVER };                         // frames
enum { TAG_PART = 1, TAG_ALL, TAG_FAIL, TAG_BEAT, TAG_DONE };      // messages
enum { TEXT_LIMIT = 2000, GROWTH = 1 << 20 };
static const uint64_t FRAME_LIMIT = (uint64_t)1 << 30;
static const double BEAT_SECONDS = 1, SILENCE_SECONDS = 30, GRACE_SECONDS = 5, TAKEN_SECONDS = 1;

static int own, count, from_child, to_child;
static pid_t child;
static double *heard;            // when each agent was last heard of
static double last_beat;
static char over[TEXT_LIMIT];    // why the run is over; empty while it is not
static double over_since;
static int lost;                 // whether some agent no longer answers
static int done_code = -1;       // what the hub's child ended with, once the hub said so
static MPI_Request beat;         // the latest; the hub's go round, one to each agent a time
static int beat_target;

static double now(void) {
    struct timespec time;
    clock_gettime(CLOCK_MONOTONIC, &time);
    return (double)time.tv_sec + 1e-9 * (double)time.tv_nsec;
}

static void leave(int code) {
    kill(child, SIGKILL);
    _exit(code);
}

static void fail_here(const char *message) {
    dprintf(STDERR_FILENO, "rledit-lua: mpi-agent %d: %s\n", own, message);
    leave(1);
}

static void *grown(void *memory, size_t bytes) {
    void *result = realloc(memory, bytes ? bytes : 1);
    if (!result) fail_here("out of memory");
    return result;
}

static void forward(int signal) {
    // A process that does as process 0 does ignores it.
    kill(child, signal);
}

// MARK: - The child

static int write_all(const void *bytes, size_t length) {
    const char *rest = bytes;
    while (length > 0) {
        const ssize_t written = write(to_child, rest, length);
        if (written < 0 && errno == EINTR) continue;
        if (written < 0) return 0;
        rest += written;
        length -= (size_t)written;
    }
    return 1;
}

/// Whether the child took it; one that has ended does not.
static int give(uint64_t kind, const void *bytes, uint64_t length) {
    const uint64_t head[2] = {kind, length};
    return write_all(head, sizeof head) && write_all(bytes, length);
}

/// Returns the bytes read: fewer than `length` at the end.
static size_t read_all(void *bytes, size_t length) {
    size_t taken = 0;
    while (taken < length) {
        const ssize_t got = read(from_child, (char *)bytes + taken, length - taken);
        if (got < 0 && errno == EINTR) continue;
        if (got <= 0) break;
        taken += (size_t)got;
    }
    return taken;
}

/// Reads a frame. Returns its kind, 0 where the child has ended.
static uint64_t take(char **bytes, uint64_t *length) {
    uint64_t head[2];
    if (read_all(head, sizeof head) < sizeof head) return 0;
    if ((head[0] != PART && head[0] != FAIL) || head[1] > FRAME_LIMIT) fail_here("its script's process sent no frame");
    *length = 0;
    if (!*bytes) *bytes = grown(NULL, 0);
    while (*length < head[1]) {
        const uint64_t step = head[1] - *length < GROWTH ? head[1] - *length : GROWTH;
        *bytes = grown(*bytes, *length + step);
        if (read_all(*bytes + *length, step) < step) return 0;
        *length += step;
    }
    return head[0];
}

// MARK: - The other agents

static void set_over(const char *text) {
    if (over[0]) return;
    snprintf(over, sizeof over, "%s", text);
    over_since = now();
}

/// One small message that nobody waits for.
static void send_beat(int target) {
    int finished = 1;
    if (beat != MPI_REQUEST_NULL) MPI_Test(&beat, &finished, MPI_STATUS_IGNORE);
    if (finished) MPI_Isend(NULL, 0, MPI_BYTE, target, TAG_BEAT, MPI_COMM_WORLD, &beat);
}

/// Takes what the others say of themselves, says that this one is there, and notices who is silent.
static void pump(void) {
    const double time = now();
    int is_there;
    MPI_Status status;
    for (int tag = TAG_FAIL; tag <= TAG_DONE; tag++) {
        for (;;) {
            if (MPI_Iprobe(MPI_ANY_SOURCE, tag, MPI_COMM_WORLD, &is_there, &status) != MPI_SUCCESS || !is_there) break;
            char text[TEXT_LIMIT] = {0};
            MPI_Recv(text, sizeof text - 1, MPI_BYTE, status.MPI_SOURCE, tag, MPI_COMM_WORLD, MPI_STATUS_IGNORE);
            heard[status.MPI_SOURCE] = time;
            if (tag == TAG_FAIL) set_over(text);
            if (tag == TAG_DONE) {
                done_code = (unsigned char)text[0];
                set_over("process 0 has ended");
            }
        }
    }
    if (own != 0 && time - last_beat > BEAT_SECONDS) {
        send_beat(0);
        last_beat = time;
    }
    if (own == 0 && count > 1 && (time - last_beat) * (count - 1) > BEAT_SECONDS) {
        beat_target = beat_target % (count - 1) + 1;
        send_beat(beat_target);
        last_beat = time;
    }
    for (int other = own == 0 ? 1 : 0; other < (own == 0 ? count : 1); other++) {
        if (time - heard[other] <= SILENCE_SECONDS || done_code >= 0) continue;
        char text[200];
        snprintf(text, sizeof text, "no word from process %d for %d seconds: its machine or the network is down", other,
                 (int)SILENCE_SECONDS);
        set_over(text);
        lost = 1;
    }
}

/// Waits a little, at first not at all: what is waited for mostly comes at once.
static void relax(int *turns) {
    if (++*turns < 2000) sched_yield();
    else usleep(*turns < 12000 ? 100 : 1000);
}

/// Returns whether a message went out or came in; 0 when the run is over before.
static int finish(MPI_Request *request) {
    int finished = 0, turns = 0;
    while (MPI_Test(request, &finished, MPI_STATUS_IGNORE) == MPI_SUCCESS && !finished) {
        pump();
        // A process may end as soon as it has its message, while others still get theirs.
        if (lost || (over[0] && now() - over_since > TAKEN_SECONDS)) return 0;
        relax(&turns);
    }
    return 1;
}

/// Takes a message with this tag from an agent, or from any. Returns its sender, -1 when the run is over before.
static int receive(int source, int tag, char **bytes, int *length) {
    MPI_Status status;
    int is_there = 0, turns = 0;
    for (;;) {
        MPI_Iprobe(source, tag, MPI_COMM_WORLD, &is_there, &status);
        if (is_there) break;
        // What was sent before the word of an end is there by now.
        if (over[0]) return -1;
        pump();
        relax(&turns);
    }
    MPI_Get_count(&status, MPI_BYTE, length);
    *bytes = grown(*bytes, (size_t)*length);
    MPI_Request request;
    MPI_Irecv(*bytes, *length, MPI_BYTE, status.MPI_SOURCE, tag, MPI_COMM_WORLD, &request);
    if (!finish(&request)) return -1;
    heard[status.MPI_SOURCE] = now();
    return status.MPI_SOURCE;
}

/// The hub's part of a gathering. Returns 0 when the run is over before.
static int collect(char *part, uint64_t part_length, char **all, uint64_t *all_length) {
    char **parts = calloc((size_t)count, sizeof *parts);
    int *lengths = calloc((size_t)count, sizeof *lengths);
    MPI_Request *sends = calloc((size_t)count, sizeof *sends);
    if (!parts || !lengths || !sends) fail_here("out of memory");
    int is_whole = 1;
    uint64_t total = (uint64_t)count * 8 + part_length;
    for (int missing = count - 1; missing > 0 && is_whole; missing--) {
        char *bytes = NULL;
        int length = 0;
        const int sender = receive(MPI_ANY_SOURCE, TAG_PART, &bytes, &length);
        is_whole = sender > 0 && !parts[sender] && (total += (uint64_t)length) <= FRAME_LIMIT;
        if (!is_whole) {
            free(bytes);
            if (sender >= 0) set_over("the processes' measures are too large for one message");
            break;
        }
        parts[sender] = bytes;
        lengths[sender] = length;
    }
    if (is_whole) {
        *all = grown(*all, total);
        uint64_t place = (uint64_t)count * 8;
        for (int other = 0; other < count; other++) {
            const uint64_t length = other == 0 ? part_length : (uint64_t)lengths[other], words = length / 8;
            memcpy(*all + other * 8, &words, 8);
            memcpy(*all + place, other == 0 ? part : parts[other], length);
            place += length;
        }
        *all_length = total;
        for (int other = 1; other < count; other++) {
            MPI_Isend(*all, (int)total, MPI_BYTE, other, TAG_ALL, MPI_COMM_WORLD, &sends[other]);
        }
        for (int other = 1; other < count && is_whole; other++) is_whole = finish(&sends[other]);
    }
    for (int other = 0; other < count; other++) free(parts[other]);
    free(parts);
    free(lengths);
    free(sends);
    return is_whole;
}

/// Everybody's parts. Returns 0 when the run is over before.
static int gather(char *part, uint64_t part_length, char **all, uint64_t *all_length) {
    if (own == 0) return collect(part, part_length, all, all_length);
    MPI_Request request;
    int length = 0;
    MPI_Isend(part, (int)part_length, MPI_BYTE, 0, TAG_PART, MPI_COMM_WORLD, &request);
    if (!finish(&request) || receive(0, TAG_ALL, all, &length) < 0) return 0;
    *all_length = (uint64_t)length;
    return 1;
}

// MARK: - The end

/// What the child, which has closed its pipe, ended with, as shells say it.
static int child_code(void) {
    int status = 0;
    for (;;) {
        const pid_t ended = waitpid(child, &status, WNOHANG);
        if (ended == child || (ended < 0 && errno != EINTR)) break;
        pump();
        usleep(1000);
    }
    return WIFSIGNALED(status) ? 128 + WTERMSIG(status) : WEXITSTATUS(status);
}

/// Open MPI's launcher waits for ever for the daemon of a machine that no longer answers, and its own signals do not end that.
/// Other launchers are told of lost machines by their system.
static void end_launcher(void) {
    const pid_t launcher = getppid();
    char path[64], name[32] = {0};
    snprintf(path, sizeof path, "/proc/%ld/comm", (long)launcher);
    FILE *file = fopen(path, "r");
    if (!file) return;
    const char *read = fgets(name, sizeof name, file);
    fclose(file);
    if (read && (!strcmp(name, "mpirun\n") || !strcmp(name, "mpiexec\n") || !strcmp(name, "orterun\n"))) {
        kill(launcher, SIGKILL);
    }
}

static void late(int signal) {
    (void)signal;
    _exit(done_code > 0 ? done_code : 1);
}

/// Tells the others that this one's child has ended, and leaves with them.
static int end(int code, const char *reason) {
    if (own == 0) {
        done_code = code;
        MPI_Request request;
        const char text = (char)code;
        for (int other = 1; other < count; other++) {
            MPI_Isend(&text, 1, MPI_BYTE, other, TAG_DONE, MPI_COMM_WORLD, &request);
            int finished = 0;
            for (int turns = 0; !finished && turns < 2000; turns++) {
                MPI_Test(&request, &finished, MPI_STATUS_IGNORE);
                if (!finished) usleep(1000);
            }
        }
    } else {
        // Process 0 reads this when it asks for a part that will not come.
        if (!over[0]) {
            char text[TEXT_LIMIT];
            if (reason[0]) snprintf(text, sizeof text, "process %d: %.1900s", own, reason);
            else if (code > 128) snprintf(text, sizeof text, "process %d was ended by signal %d", own, code - 128);
            else snprintf(text, sizeof text, "process %d has ended before process 0, with code %d", own, code);
            MPI_Request request;
            MPI_Isend(text, (int)strlen(text), MPI_BYTE, 0, TAG_FAIL, MPI_COMM_WORLD, &request);
        }
        // The launcher would end process 0, which still writes, after the first process with another code than 0.
        for (int turns = 0; done_code < 0 && !lost; relax(&turns)) pump();
        if (done_code >= 0) code = done_code;
    }
    if (lost) {
        if (own == 0) end_launcher();
        _exit(code ? code : 1);
    }
    // Messages that nobody takes any more must not hold up the end.
    signal(SIGALRM, late);
    alarm(5);
    MPI_Finalize();
    return code;
}

int main(int arguments, char **words) {
    if (arguments != 4) {
        fputs("mpi-agent is started by rledit-lua, under a launcher of MPI programs\n", stderr);
        return 2;
    }
    from_child = atoi(words[1]);
    to_child = atoi(words[2]);
    child = (pid_t)atol(words[3]);
    signal(SIGPIPE, SIG_IGN);
    const int forwarded[] = {SIGINT, SIGTERM, SIGHUP};
    if (MPI_Init(NULL, NULL) != MPI_SUCCESS) fail_here("MPI does not start");
    MPI_Comm_set_errhandler(MPI_COMM_WORLD, MPI_ERRORS_RETURN);
    MPI_Comm_rank(MPI_COMM_WORLD, &own);
    MPI_Comm_size(MPI_COMM_WORLD, &count);
    for (size_t index = 0; index < 3; index++) signal(forwarded[index], forward);
    beat = MPI_REQUEST_NULL;
    heard = grown(NULL, (size_t)count * sizeof *heard);
    for (int other = 0; other < count; other++) heard[other] = now();
    const uint64_t place[2] = {(uint64_t)own, (uint64_t)count};
    give(HELLO, place, sizeof place);

    char *part = NULL, *all = NULL, reason[TEXT_LIMIT] = {0};
    uint64_t length = 0, all_length = 0;
    for (;;) {
        struct pollfd waiting = {.fd = from_child, .events = POLLIN};
        pump();
        // A child is told that the run is over when it next asks for the others; one that does not ask is ended.
        if (own != 0 && over[0] && now() - over_since > GRACE_SECONDS) kill(child, SIGKILL);
        if (poll(&waiting, 1, 100) <= 0) continue;
        const uint64_t kind = take(&part, &length);
        if (kind == 0) break;
        if (kind == FAIL) {
            const size_t kept = length < sizeof reason - 1 ? length : sizeof reason - 1;
            memcpy(reason, part, kept);
            reason[kept] = 0;
        } else if (!over[0] && gather(part, length, &all, &all_length)) {
            give(ALL, all, all_length);
        } else {
            give(OVER, over, strlen(over));
        }
    }
    return end(child_code(), reason);
}
