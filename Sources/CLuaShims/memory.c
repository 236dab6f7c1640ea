// The allocator and the ends of the process that no error can report.
//
// The allocator never answers NULL: Lua 5.4.4 corrupts memory when an allocation fails during an assignment through a
// weak metatable. Past the soft limit allocation goes on and the next hook raises; past the hard limit the process ends.
#define _GNU_SOURCE
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "luahost.h"

#define MEGABYTE (1024.0 * 1024.0)

enum { MOST_REMOVABLES = 32 };
static char *_Atomic removables[MOST_REMOVABLES];

void luahost_remove_at_end(const char *path) {
    for (int i = 0; i < MOST_REMOVABLES; i++) {
        if (removables[i] != NULL) continue;
        removables[i] = strdup(path);
        return;
    }
}

void luahost_remove_now(void) {
    for (int i = 0; i < MOST_REMOVABLES && removables[i] != NULL; i++) {
        // Folders first, as the walls of the process would not let a folder be tried as a file.
        if (rmdir(removables[i]) == 0 || errno == ENOENT) continue;
        if (errno != ENOTDIR || unlink(removables[i]) != 0) return;
    }
}

_Noreturn void luahost_end_process(int code, const char *format, ...) {
    char line[512];
    int length = snprintf(line, sizeof line, "%s: ", program_invocation_short_name);
    va_list arguments;
    va_start(arguments, format);
    length += vsnprintf(line + length, sizeof line - (size_t)length - 1, format, arguments);
    va_end(arguments);
    if (length > (int)sizeof line - 2) length = (int)sizeof line - 2;
    line[length++] = '\n';
    luahost_remove_now();
    // Nothing can be done about a failing standard error.
    if (write(STDERR_FILENO, line, (size_t)length) < 0) _exit(code);
    _exit(code);
}

int luahost_panic(lua_State *L) {
    const char *message = lua_type(L, -1) == LUA_TSTRING ? lua_tostring(L, -1) : "an error value that is not a string";
    luahost_end_process(LUAHOST_EXIT_PANIC, "internal error: Lua raised outside of any protected call: %.300s", message);
}

static bool over_soft_limit(const luahost *host) {
    return host->limits.soft_bytes > 0 && host->lua_bytes + host->native_bytes > host->limits.soft_bytes;
}

/// Lets the next instruction see that the soft limit is passed, not the one 1000 later: `s = s .. s` doubles with each.
/// lua_sethook only stores fields, so it may be called in the middle of an allocation.
static void note_soft_limit(luahost *host) {
    if (host->over_soft_limit || !over_soft_limit(host)) return;
    host->over_soft_limit = true;
    if (host->current != NULL) lua_sethook(host->current, luahost_hook, LUA_MASKCOUNT, 1);
}

void *luahost_allocate(void *context, void *block, size_t old_size, size_t new_size) {
    luahost *host = context;
    // Without a block, old_size is the tag of the kind of object.
    int64_t old_bytes = block != NULL ? (int64_t)old_size : 0;
    if (new_size == 0) {
        free(block);
        host->lua_bytes -= old_bytes;
        return NULL;
    }
    if (new_size > INT64_MAX / 4)
        luahost_end_process(LUAHOST_EXIT_LIMIT, "out of memory: a block of %zu bytes was asked for", new_size);
    int64_t lua_bytes = host->lua_bytes - old_bytes + (int64_t)new_size;
    int64_t total = lua_bytes + host->native_bytes;
    if ((int64_t)new_size > old_bytes) {
        if (host->limits.hard_bytes > 0 && total > host->limits.hard_bytes)
            luahost_end_process(LUAHOST_EXIT_LIMIT,
                "the script's memory passed %.0f MB, and it could not be stopped at the limit of %.0f MB "
                "(raise it with --lua-memory MB)",
                (double)host->limits.hard_bytes / MEGABYTE, (double)host->limits.soft_bytes / MEGABYTE);
        if (host->fail_allocation_after >= 0 && host->fail_allocation_after-- == 0)
            luahost_end_process(LUAHOST_EXIT_LIMIT, "out of memory: a block of %zu bytes was asked for", new_size);
    }
    void *moved = realloc(block, new_size);
    if (moved == NULL) {
        // A block that shrinks may stay where it is.
        if ((int64_t)new_size <= old_bytes) moved = block;
        else luahost_end_process(LUAHOST_EXIT_LIMIT, "out of memory: a block of %zu bytes was asked for", new_size);
    }
    host->lua_bytes = lua_bytes;
    if ((int64_t)new_size > old_bytes) note_soft_limit(host);
    return moved;
}

void luahost_check_memory(lua_State *L) {
    luahost *host = host_of(L);
    if (!host->over_soft_limit) return;
    host->over_soft_limit = false;
    lua_gc(L, LUA_GCCOLLECT);
    // Collecting may itself have set the flag again.
    host->over_soft_limit = false;
    if (over_soft_limit(host)) luahost_raise_limit(L, LUAHOST_MEMORY_LIMIT);
}

void luahost_adjust_native_bytes(lua_State *L, int64_t delta) {
    luahost *host = host_of(L);
    if (__builtin_add_overflow(host->native_bytes, delta, &host->native_bytes)) host->native_bytes = INT64_MAX / 4;
    if (host->native_bytes < 0) host->native_bytes = 0;
    if (delta <= 0) return;
    if (host->native_bytes > host->native_threshold) {
        // A full collection each time the native bytes doubled since the last one, but not before they weigh as much
        // as the Lua heap that has to be walked for it.
        lua_gc(L, LUA_GCCOLLECT);
        int64_t step = host->native_bytes > host->lua_bytes ? host->native_bytes : host->lua_bytes;
        int64_t least = 32 * 1024 * 1024;
        host->native_threshold = host->native_bytes + (step > least ? step : least);
    }
    note_soft_limit(host);
}

int64_t luahost_bytes_left(const luahost *host) {
    if (host->limits.soft_bytes <= 0) return INT64_MAX;
    int64_t left = host->limits.soft_bytes - host->lua_bytes - host->native_bytes;
    return left > 0 ? left : 0;
}

void luahost_collect(lua_State *L) { lua_gc(L, LUA_GCCOLLECT); }
int64_t luahost_lua_bytes(const luahost *host) { return host->lua_bytes; }
int64_t luahost_native_bytes(const luahost *host) { return host->native_bytes; }
int64_t luahost_live_objects(const luahost *host) { return host->live_objects; }
void luahost_fail_allocation_after(luahost *host, int64_t count) { host->fail_allocation_after = count; }
