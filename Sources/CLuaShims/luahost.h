// The host's own record and what the C files of this target share.
#ifndef LUAHOST_INTERNAL_H
#define LUAHOST_INTERNAL_H

#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>

#include "CLuaShims.h"

#define HOOK_INSTRUCTIONS 1000
#define NO_DEADLINE INT64_MAX
#define MESSAGE_CAPACITY 8192
/// More elements than any loop inside one C call of the library may visit: a lying length must not run for ever.
#define LIBRARY_LOOP_LIMIT 50000000
/// Nested coroutine closes: each one costs C stack that Lua 5.4.4 does not count.
#define CLOSE_DEPTH_LIMIT 100
/// Reads of absent library names that are remembered, each place in a script once.
#define ABSENT_READS 64

/// A name of the standard library, of this version of Lua or another, that sandboxed scripts do not have.
typedef struct {
    const char *library;  ///< NULL: a global
    const char *name;
    const char *reason;
} luahost_absent_name;

/// Where a script read one of them.
typedef struct {
    const luahost_absent_name *absent;
    const void *source;  ///< identity of the chunk; compared, never followed
    int line;
} luahost_absent_read;

struct luahost {
    lua_State *main;
    /// The state that runs: hooks must be set there. Read by the interrupt handler on the same thread.
    lua_State *volatile current;
    luahost_callbacks callbacks;
    luahost_limits limits;
    bool trusted;
    pthread_t thread;

    // Memory. Written by the owning thread only.
    int64_t lua_bytes;
    int64_t native_bytes;
    int64_t native_threshold;  ///< native bytes at which the next full collection is due
    int64_t live_objects;
    int64_t fail_allocation_after;
    bool over_soft_limit;

    // Time. `deadline` is read by the watchdog: the moment at which the running Lua code must stop, or NO_DEADLINE
    // while Swift computes. `remaining` holds the rest of the budget meanwhile.
    _Atomic int64_t deadline;
    _Atomic int32_t budget;
    int64_t remaining;
    int64_t callback_nanoseconds;
    int32_t depth;
    pthread_t watchdog;
    bool watchdog_runs;
    pthread_mutex_t watchdog_mutex;
    pthread_cond_t watchdog_condition;
    bool watchdog_stops;

    // What stopped the script.
    int32_t limit;
    char limit_message[512];
    atomic_bool interrupt;

    int64_t output_bytes;
    int32_t close_depth;
    bool warnings_on;
    bool seed_warning_given;
    char traceback[MESSAGE_CAPACITY];
    luahost_absent_read absent_reads[ABSENT_READS];
    uint32_t absent_read_count;  ///< of all time; the oldest ones are overwritten

    // Library functions that are called after a check of their arguments.
    lua_CFunction string_rep, table_concat, table_insert, table_remove, table_move, table_sort;
};

static inline luahost *host_of(lua_State *L) { return *(luahost **)lua_getextraspace(L); }

// memory.c
void *luahost_allocate(void *context, void *block, size_t old_size, size_t new_size);
int luahost_panic(lua_State *L);
_Noreturn void luahost_end_process(int code, const char *format, ...) __attribute__((format(printf, 2, 3)));
void luahost_check_memory(lua_State *L);

// calls.c
int luahost_message_handler(lua_State *L);
/// Keeps the traceback of `co`, a coroutine whose error goes on in L.
void luahost_keep_traceback(lua_State *L, lua_State *co);

// limits.c
int64_t luahost_now(void);
void luahost_hook(lua_State *L, lua_Debug *record);
void luahost_enter_native(luahost *host);
void luahost_leave_native(luahost *host);
_Noreturn void luahost_raise_limit(lua_State *L, int32_t limit);
_Noreturn void luahost_raise_again(lua_State *L);
int64_t luahost_budget_nanoseconds(const luahost *host, int32_t budget);
void luahost_start_watchdog(luahost *host);
void luahost_stop_watchdog(luahost *host);
void luahost_install_interrupt_handler(luahost *host);
void luahost_remove_interrupt_handler(luahost *host);

// objects.c
void luahost_open_objects(lua_State *L);
bool luahost_is_read_only(lua_State *L, int index);
/// Before a call of a Swift function, and after it, when its frame is gone: the count of results, or a long jump.
luahost *luahost_begin_native(lua_State *L);
int luahost_finish_native(lua_State *L, luahost *host, int status);

// library_absent.c
/// When the string on top of L is Lua's own message about a nil that came from reading an absent library name, in the
/// function at `level` of `co`: adds why it is nil.
void luahost_explain_nil(lua_State *L, lua_State *co, int level);
/// Whether the value at `index` is the table of globals and a main script asks: what answers there for names that were never
/// set is out of its reach. To modules it is a metatable like any other, since some of them check for misspelt globals.
bool luahost_is_guarded(lua_State *L, int index);
void luahost_add_absent(lua_State *L);

// library files
void luahost_open_library(lua_State *L);
int luahost_base_pcall(lua_State *L);
int luahost_base_xpcall(lua_State *L);
void luahost_add_base(lua_State *L, bool trusted);
void luahost_add_require(lua_State *L, bool trusted);
void luahost_add_coroutine(lua_State *L, bool trusted);
void luahost_add_bounded(lua_State *L);
void luahost_add_random(lua_State *L);
void luahost_add_pairs(lua_State *L);

#endif
