// Time limits, interrupts and the watchdog.
//
// The clock counts Lua time: while a Swift function computes there is no deadline. Every call from Swift into Lua has a
// budget of its own. A limit, once reached, is raised again at every hook until the outermost call has returned.
#define _GNU_SOURCE
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "luahost.h"

#define NANOSECONDS 1000000000LL
#define WATCHDOG_PERIOD_NANOSECONDS 50000000LL

/// The coarse clock costs a memory read. Its ticks (1 to 10 ms) fall on Lua code and Swift code in proportion to the time
/// spent in each, so that sums of many short stretches come out right.
int64_t luahost_now(void) {
    struct timespec time;
    clock_gettime(CLOCK_MONOTONIC_COARSE, &time);
    return (int64_t)time.tv_sec * NANOSECONDS + time.tv_nsec;
}

static double budget_seconds(const luahost *host, int32_t budget) {
    return budget == LUAHOST_MAIN_CHUNK ? host->limits.main_seconds : host->limits.callback_seconds;
}

int64_t luahost_budget_nanoseconds(const luahost *host, int32_t budget) {
    double seconds = budget_seconds(host, budget);
    // Written so that a NaN means no limit.
    if (!(seconds > 0 && seconds < 1e9)) return NO_DEADLINE;
    return (int64_t)(seconds * (double)NANOSECONDS);
}

void luahost_enter_native(luahost *host) {
    int64_t deadline = atomic_load_explicit(&host->deadline, memory_order_relaxed);
    host->remaining = deadline == NO_DEADLINE ? NO_DEADLINE : deadline - luahost_now();
    atomic_store_explicit(&host->deadline, NO_DEADLINE, memory_order_relaxed);
}

void luahost_leave_native(luahost *host) {
    int64_t deadline = host->remaining == NO_DEADLINE ? NO_DEADLINE : luahost_now() + host->remaining;
    atomic_store_explicit(&host->deadline, deadline, memory_order_relaxed);
}

static void describe_limit(const luahost *host, int32_t limit, char *text, size_t capacity) {
    switch (limit) {
    case LUAHOST_TIME_LIMIT:
        if (atomic_load(&host->budget) == LUAHOST_MAIN_CHUNK)
            snprintf(text, capacity, "time limit of %g s for the main chunk reached (raise it with --lua-time SECONDS)",
                host->limits.main_seconds);
        else
            snprintf(text, capacity, "time limit of %g s for a callback reached (raise it with --callback-time SECONDS)",
                host->limits.callback_seconds);
        break;
    case LUAHOST_MEMORY_LIMIT:
        snprintf(text, capacity, "memory limit of %g MB reached (raise it with --lua-memory MB)",
            (double)host->limits.soft_bytes / (1024.0 * 1024.0));
        break;
    case LUAHOST_OUTPUT_LIMIT:
        snprintf(text, capacity, "output limit of %g MB reached (raise it with --max-output MB)",
            (double)host->limits.output_bytes / (1024.0 * 1024.0));
        break;
    default:
        snprintf(text, capacity, "interrupted");
    }
}

_Noreturn void luahost_raise_again(lua_State *L) {
    lua_pushstring(L, host_of(L)->limit_message);
    lua_error(L);
    __builtin_unreachable();
}

_Noreturn void luahost_raise_limit(lua_State *L, int32_t limit) {
    luahost *host = host_of(L);
    if (host->limit == LUAHOST_NO_LIMIT) {
        host->limit = limit;
        char text[256];
        describe_limit(host, limit, text, sizeof text);
        // The innermost Lua line: in a hook level 0 is the running function, in a library function its caller.
        lua_Debug record;
        host->limit_message[0] = 0;
        for (int level = 0; lua_getstack(L, level, &record); level++) {
            lua_getinfo(L, "Sl", &record);
            if (record.currentline > 0) {
                snprintf(host->limit_message, sizeof host->limit_message, "%s:%d: ", record.short_src, record.currentline);
                break;
            }
        }
        size_t used = strlen(host->limit_message);
        snprintf(host->limit_message + used, sizeof host->limit_message - used, "%s", text);
    }
    luahost_raise_again(L);
}

void luahost_hook(lua_State *L, lua_Debug *record) {
    (void)record;
    luahost *host = host_of(L);
    if (host->trusted && host->limit == LUAHOST_NO_LIMIT && !atomic_load(&host->interrupt)) {
        // An interrupt that was taken back: trusted scripts run without a hook.
        lua_sethook(L, NULL, 0, 0);
        return;
    }
    if (lua_gethookcount(L) != HOOK_INSTRUCTIONS) lua_sethook(L, luahost_hook, LUA_MASKCOUNT, HOOK_INSTRUCTIONS);
    if (host->limit != LUAHOST_NO_LIMIT) luahost_raise_again(L);
    if (atomic_load_explicit(&host->interrupt, memory_order_relaxed)) luahost_raise_limit(L, LUAHOST_INTERRUPTED);
    luahost_check_memory(L);
    if (luahost_now() > atomic_load_explicit(&host->deadline, memory_order_relaxed))
        luahost_raise_limit(L, LUAHOST_TIME_LIMIT);
}

int32_t luahost_take_limit(luahost *host, char *message, size_t capacity) {
    int32_t limit = host->limit;
    if (capacity > 0) snprintf(message, capacity, "%s", host->limit_message);
    if (host->depth == 0) host->limit = LUAHOST_NO_LIMIT;
    return limit;
}

double luahost_callback_seconds(const luahost *host) {
    return (double)host->callback_nanoseconds / (double)NANOSECONDS;
}

// MARK: Watchdog

/// Ends the process when Lua code runs on although its limit has passed: hooks are off in some places, and some calls of
/// the library run for ever inside C.
static void *watchdog_main(void *argument) {
    luahost *host = argument;
    pthread_mutex_lock(&host->watchdog_mutex);
    while (!host->watchdog_stops) {
        struct timespec wake;
        clock_gettime(CLOCK_MONOTONIC, &wake);
        wake.tv_nsec += WATCHDOG_PERIOD_NANOSECONDS;
        if (wake.tv_nsec >= NANOSECONDS) {
            wake.tv_nsec -= NANOSECONDS;
            wake.tv_sec++;
        }
        pthread_cond_timedwait(&host->watchdog_condition, &host->watchdog_mutex, &wake);
        int64_t deadline = atomic_load_explicit(&host->deadline, memory_order_relaxed);
        double grace = host->limits.grace_seconds > 0 ? host->limits.grace_seconds : 1;
        if (deadline != NO_DEADLINE && luahost_now() - deadline > (int64_t)(grace * (double)NANOSECONDS)) {
            char text[256];
            describe_limit(host, LUAHOST_TIME_LIMIT, text, sizeof text);
            luahost_end_process(LUAHOST_EXIT_LIMIT, "%s; the script did not stop", text);
        }
    }
    pthread_mutex_unlock(&host->watchdog_mutex);
    return NULL;
}

void luahost_start_watchdog(luahost *host) {
    pthread_condattr_t attributes;
    pthread_condattr_init(&attributes);
    pthread_condattr_setclock(&attributes, CLOCK_MONOTONIC);
    pthread_mutex_init(&host->watchdog_mutex, NULL);
    pthread_cond_init(&host->watchdog_condition, &attributes);
    pthread_condattr_destroy(&attributes);
    // Signals meant for the program must not land on this thread.
    sigset_t all, previous;
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &previous);
    host->watchdog_runs = pthread_create(&host->watchdog, NULL, watchdog_main, host) == 0;
    pthread_sigmask(SIG_SETMASK, &previous, NULL);
}

void luahost_stop_watchdog(luahost *host) {
    if (!host->watchdog_runs) return;
    pthread_mutex_lock(&host->watchdog_mutex);
    host->watchdog_stops = true;
    pthread_cond_signal(&host->watchdog_condition);
    pthread_mutex_unlock(&host->watchdog_mutex);
    pthread_join(host->watchdog, NULL);
    host->watchdog_runs = false;
    pthread_cond_destroy(&host->watchdog_condition);
    pthread_mutex_destroy(&host->watchdog_mutex);
}

// MARK: Interrupts

/// The host of this thread, for the handler that sets the hook of a trusted script, which runs without one.
static _Thread_local luahost *volatile interrupted_host;

static void set_hook_now(luahost *host) {
    lua_State *running = host->current;
    if (running != NULL) lua_sethook(running, luahost_hook, LUA_MASKCOUNT, 1);
}

static void forward_interrupt(int signal_number) {
    (void)signal_number;
    luahost *host = interrupted_host;
    if (host != NULL && atomic_load(&host->interrupt)) set_hook_now(host);
}

void luahost_install_interrupt_handler(luahost *host) {
    interrupted_host = host;
    if (!host->trusted) return;
    struct sigaction action = {.sa_handler = forward_interrupt, .sa_flags = SA_RESTART};
    sigemptyset(&action.sa_mask);
    // By default ignored, and used by nothing here: a private bell between threads.
    sigaction(SIGURG, &action, NULL);
    // Threads started by a pool may come with everything blocked.
    sigset_t bell;
    sigemptyset(&bell);
    sigaddset(&bell, SIGURG);
    pthread_sigmask(SIG_UNBLOCK, &bell, NULL);
}

void luahost_remove_interrupt_handler(luahost *host) {
    if (interrupted_host == host) interrupted_host = NULL;
}

void luahost_request_interrupt(luahost *host) {
    atomic_store(&host->interrupt, true);
    // With a count hook in place the flag is enough. A trusted script has none: it must be set on the Lua thread, since
    // lua_sethook walks the call chain of a state that is running.
    if (!host->trusted) return;
    if (pthread_equal(pthread_self(), host->thread)) set_hook_now(host);
    else pthread_kill(host->thread, SIGURG);
}

void luahost_clear_interrupt(luahost *host) { atomic_store(&host->interrupt, false); }
bool luahost_interrupt_requested(const luahost *host) { return atomic_load_explicit(&host->interrupt, memory_order_relaxed); }
