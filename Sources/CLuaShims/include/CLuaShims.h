// The C half of the Lua host: everything that may leave a frame by a long jump lives here, so that no such
// jump ever crosses a Swift frame.
//
// The contract with Swift:
//
//  * Swift calls Lua only through the functions below and through the raw part of the Lua API: the calls that
//    neither run metamethods nor check arguments (lua_type, lua_rawgeti, lua_push..., lua_settop, ...). They can
//    only fail by lack of memory, and the allocator of this host never answers NULL: it ends the process.
//  * A Swift function called from Lua returns a count of results, or LUAHOST_RAISE / LUAHOST_RAISE_AT_CALLER with
//    the error value on top of the stack. The trampoline raises after the Swift frame is gone.
//  * One host belongs to one thread. Only luahost_request_interrupt may be called from elsewhere.
#ifndef CLUASHIMS_H
#define CLUASHIMS_H

#include <lauxlib.h>
#include <lua.h>
#include <lualib.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

typedef struct luahost luahost;

/// Raise the value on top of the stack as it is.
#define LUAHOST_RAISE (-2)
/// Raise the string on top of the stack after the position of the script line that called.
#define LUAHOST_RAISE_AT_CALLER (-1)

/// Exit codes of the ends that no error can report.
#define LUAHOST_EXIT_LIMIT 3
#define LUAHOST_EXIT_PANIC 70

/// Which budget a call into Lua draws on.
///
/// `LUAHOST_METAMETHOD` is for metamethods of tables that a bound function reads: their time counts for the script that called
/// that function, or a table that answers every key would keep one call busy for ever. Without such a caller it is a callback.
enum { LUAHOST_MAIN_CHUNK = 0, LUAHOST_CALLBACK = 1, LUAHOST_METAMETHOD = 2 };

/// What stopped a script. Once set, it is raised again at every hook until the outermost call returns.
enum {
    LUAHOST_NO_LIMIT = 0,
    LUAHOST_TIME_LIMIT = 1,
    LUAHOST_MEMORY_LIMIT = 2,
    LUAHOST_OUTPUT_LIMIT = 3,
    LUAHOST_INTERRUPTED = 4,
};

/// Channels of `output`.
enum { LUAHOST_PRINT = 0, LUAHOST_WARNING = 1 };

/// Budgets of a host. Zero or less means "no limit".
typedef struct {
    double main_seconds;
    double callback_seconds;
    double grace_seconds;  ///< how long after a time limit the watchdog waits before it ends the process
    int64_t soft_bytes;    ///< Lua heap plus native bytes: raise an error in the script
    int64_t hard_bytes;    ///< Lua heap plus native bytes: end the process
    int64_t output_bytes;
} luahost_limits;

/// What Swift supplies. `context` is handed back to the calls that take it.
typedef struct {
    void *context;
    int (*invoke)(lua_State *L, void *function);
    int (*get)(lua_State *L, void *object, int32_t slot);
    int (*index)(lua_State *L, void *object);
    int (*set_index)(lua_State *L, void *object);
    void (*release)(void *object);
    void (*output)(void *context, const char *bytes, size_t length, int32_t channel);
    uint64_t (*random)(void *context);
    int (*find_module)(lua_State *L, void *context);
    int (*unknown_global)(lua_State *L, void *context);
} luahost_callbacks;

// MARK: Life

/// A new host on the calling thread, or NULL when even the first block of memory is missing.
luahost *luahost_create(const luahost_limits *limits, const luahost_callbacks *callbacks, bool trusted);
void luahost_close(luahost *host);
lua_State *luahost_main_state(const luahost *host);
/// The state that runs now: the main one or a coroutine.
lua_State *luahost_current_state(const luahost *host);
/// The host's context, from any of its states.
void *luahost_context(lua_State *L);
/// Calls from Swift into Lua that have not returned yet.
int32_t luahost_depth(const luahost *host);
bool luahost_on_own_thread(const luahost *host);

/// Notes a file or an empty folder to be removed when the process ends without an error to report. At most 32.
void luahost_remove_at_end(const char *path);
/// Removes them in order, up to the first that cannot be removed. Safe on any thread.
void luahost_remove_now(void);

// MARK: Calls

/// Calls the function below its `argument_count` arguments. LUA_OK with `result_count` results, or another status
/// with the error value on top; the traceback is then at luahost_traceback.
int luahost_call(luahost *host, lua_State *L, int argument_count, int result_count, int32_t budget);
const char *luahost_traceback(const luahost *host);
void luahost_clear_traceback(luahost *host);
/// The limit that stopped the script, and its message; forgotten by this call once no call is under way.
int32_t luahost_take_limit(luahost *host, char *message, size_t capacity);
/// Compiles text, never bytecode. LUA_OK with the function on top, or another status with the message.
int luahost_load_text(luahost *host, lua_State *L, const char *bytes, size_t length, const char *chunk_name);
/// Pops a key, pushes table[key]. Metamethods run protected and on the callback budget.
int luahost_get(luahost *host, lua_State *L, int table);
/// Pops a value and, below it, a key: table[key] = value.
int luahost_set(luahost *host, lua_State *L, int table);
/// Pushes what `tostring` gives; a failing or lying __tostring is an error status.
int luahost_tostring(luahost *host, lua_State *L, int index);
/// Pushes the length, as the `#` operator gives it.
int luahost_length(luahost *host, lua_State *L, int index);
/// As lua_next, but a stale key is an error status (-1) and not a long jump. 1: pair pushed, 0: end.
int luahost_next(luahost *host, lua_State *L, int table);

/// Marks the chunk of the function at `index` as a module's: a global that was never set is nil in it.
void luahost_mark_module(lua_State *L, int index);

// MARK: Functions and objects

/// Pushes a closure that calls `function`, an owned reference which `release` gets when the closure dies.
void luahost_push_function(lua_State *L, void *function);
/// Pushes the metatable of a new type: hidden, with __name, __gc, __index and __newindex. Fields (functions: methods;
/// integers: property slots) go into the table that luahost_push_type_fields pushes.
void luahost_push_new_type(lua_State *L, const char *name, void *type);
/// Pushes the table of methods and property slots of the metatable at `index`.
void luahost_push_type_fields(lua_State *L, int index);
/// Pushes a userdata that owns `object`, with the metatable kept at `metatable_reference`.
void luahost_push_object(lua_State *L, int metatable_reference, void *object, int64_t native_bytes);
/// The type of the userdata at `index` (NULL: none of ours) and its object (NULL: closed).
void *luahost_object(lua_State *L, int index, void **type);
/// Empties the userdata at `index` and releases its object.
void luahost_close_object(lua_State *L, int index);
/// True when the function that runs was called by a name and a dot, or as a variable, and not by a colon, a metamethod or
/// another C function.
bool luahost_called_without_colon(lua_State *L);
/// Pops a value: object.name = value, read by scripts without any call into Swift.
void luahost_attach_field(lua_State *L, int index, const char *name);
/// Pops a function, which from now on answers for keys that the table at `index` lacks.
void luahost_set_absent(lua_State *L, int index);
/// Pushes a read-only view of the table at `index`: pairs works in key order, writing raises.
/// `missing` is a function at the top of the stack (popped) called as missing(view, key) for absent keys, or nil.
void luahost_push_read_only(lua_State *L, int index, const char *name);
/// True when the value at `index` is a read-only view; pushes the table that it shows.
bool luahost_push_behind_read_only(lua_State *L, int index);

// MARK: Limits

/// Counts memory that userdata hold outside of Lua, and drives the collector in proportion.
void luahost_adjust_native_bytes(lua_State *L, int64_t delta);
/// A full collection.
void luahost_collect(lua_State *L);
/// What may still be allocated, natively or by Lua, before the soft limit; INT64_MAX without one.
int64_t luahost_bytes_left(const luahost *host);
int64_t luahost_lua_bytes(const luahost *host);
int64_t luahost_native_bytes(const luahost *host);
int64_t luahost_live_objects(const luahost *host);
double luahost_callback_seconds(const luahost *host);
/// Async-signal-safe; from any thread.
void luahost_request_interrupt(luahost *host);
void luahost_clear_interrupt(luahost *host);
bool luahost_interrupt_requested(const luahost *host);
/// Tests only: the allocation after `count` more fails as if memory had ended; negative switches it off.
void luahost_fail_allocation_after(luahost *host, int64_t count);

// MARK: Small things that are macros in C

static inline int luahost_registry_index(void) { return LUA_REGISTRYINDEX; }
static inline void luahost_pop(lua_State *L, int count) { lua_settop(L, -count - 1); }
static inline void luahost_insert(lua_State *L, int index) { lua_rotate(L, index, 1); }
static inline void luahost_remove(lua_State *L, int index) {
    lua_rotate(L, index, -1);
    lua_settop(L, -2);
}

#endif
