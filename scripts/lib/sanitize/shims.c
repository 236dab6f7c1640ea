// Exercises the C half of the Lua host without Swift, for the sanitizers that SwiftPM does not offer or that cannot look
// through Lua's jumps:
//
//   shims             everything below, once
//   shims --threads   the same on two hosts in two threads at a time, again and again
//   shims FILE...     also Lua files that must run to their end
//
// Built and run by scripts/sanitize.
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "CLuaShims.h"

#define CHECK(condition) \
    do \
        if (!(condition)) { \
            fprintf(stderr, "%s:%d: not so: %s\n", __FILE__, __LINE__, #condition); \
            exit(1); \
        } \
    while (0)

/// One host with what the callbacks need to know.
typedef struct {
    luahost *host;
    int metatable;
    int64_t printed;
    uint64_t state;
} fixture;

/// A stand-in for a Swift object: freed by `release` exactly once.
typedef struct {
    enum { FUNCTION, OBJECT } kind;
    int (*body)(lua_State *L, fixture *owner);
    lua_Integer number;
} thing;

static const char counted_type;

static thing *new_thing(int kind) {
    thing *made = calloc(1, sizeof *made);
    CHECK(made != NULL);
    made->kind = kind;
    return made;
}

static fixture *owner_of(lua_State *L) { return luahost_context(L); }

// MARK: Callbacks

static int invoke(lua_State *L, void *function) { return ((thing *)function)->body(L, owner_of(L)); }

static int get_slot(lua_State *L, void *object, int32_t slot) {
    lua_pushinteger(L, ((thing *)object)->number + slot);
    return 1;
}

static int index_object(lua_State *L, void *object) {
    if (lua_type(L, 2) == LUA_TNUMBER) {
        lua_pushinteger(L, ((thing *)object)->number);
        return 1;
    }
    lua_pushliteral(L, "no such field");
    return LUAHOST_RAISE_AT_CALLER;
}

static int set_index(lua_State *L, void *object) {
    int is_integer;
    lua_Integer value = lua_tointegerx(L, 3, &is_integer);
    if (!is_integer) {
        lua_pushliteral(L, "an integer is wanted");
        return LUAHOST_RAISE_AT_CALLER;
    }
    ((thing *)object)->number = value;
    return 0;
}

static void release(void *object) { free(object); }

static void output(void *context, const char *bytes, size_t length, int32_t channel) {
    (void)bytes, (void)channel;
    ((fixture *)context)->printed += (int64_t)length;
}

static uint64_t next_random(void *context) {
    uint64_t *state = &((fixture *)context)->state;
    *state = *state * 6364136223846793005u + 1442695040888963407u;
    return *state ^ *state >> 29;
}

static int find_module(lua_State *L, void *context) {
    const char *name = lua_tostring(L, 1);
    luahost *host = ((fixture *)context)->host;
    // What has been loaded already is at index 2.
    if (!lua_isnil(L, 2)) return 0;
    if (strcmp(name, "file") == 0 || strcmp(name, "faulty") == 0 || strcmp(name, "circle") == 0) {
        const char *text = name[0] == 'c' ? "return require 'circle'"
            : name[1] == 'a'             ? "error('faulty')"
                                         : "local name, path = ... return { name = name, path = path }";
        if (luahost_load_text(host, L, text, strlen(text), "@file.lua") != LUA_OK) return LUAHOST_RAISE;
        luahost_mark_module(L, lua_gettop(L));
        lua_pushliteral(L, "/folder/file.lua");
        return 2;
    }
    lua_pushfstring(L, "module '%s' not found", name);
    return LUAHOST_RAISE_AT_CALLER;
}

static int unknown_global(lua_State *L, void *context) {
    (void)context;
    lua_pushfstring(L, "unknown global '%s'", lua_tostring(L, 2));
    return LUAHOST_RAISE_AT_CALLER;
}

// MARK: Bound functions

static int make_counted(lua_State *L, fixture *owner) {
    thing *made = new_thing(OBJECT);
    made->number = lua_tointeger(L, 1);
    luahost_push_object(L, owner->metatable, made, 1 << 12);
    lua_pushinteger(L, 9);
    luahost_attach_field(L, -2, "kept");
    return 1;
}

static int raise_text(lua_State *L, fixture *owner) {
    (void)owner;
    lua_pushliteral(L, "refused");
    return LUAHOST_RAISE_AT_CALLER;
}

static int raise_value(lua_State *L, fixture *owner) {
    (void)owner;
    lua_settop(L, 1);
    return LUAHOST_RAISE;
}

/// Calls its first argument as Swift would.
static int call_back(lua_State *L, fixture *owner) {
    lua_settop(L, 1);
    if (luahost_call(owner->host, L, 0, 1, LUAHOST_CALLBACK) != LUA_OK) return LUAHOST_RAISE;
    return 1;
}

/// The operations that may run metamethods, on argument 1.
static int operate(lua_State *L, fixture *owner) {
    luahost *host = owner->host;
    lua_settop(L, 1);
    int results = 0;
    lua_pushliteral(L, "key");
    if (luahost_get(host, L, 1) != LUA_OK) return LUAHOST_RAISE;
    results++;
    if (luahost_length(host, L, 1) != LUA_OK) return LUAHOST_RAISE;
    results++;
    if (luahost_tostring(host, L, 1) != LUA_OK) return LUAHOST_RAISE;
    results++;
    lua_pushliteral(L, "key");
    lua_pushinteger(L, 7);
    if (luahost_set(host, L, 1) != LUA_OK) return LUAHOST_RAISE;
    lua_pushnil(L);
    for (;;) {
        int next = luahost_next(host, L, 1);
        if (next < 0) return LUAHOST_RAISE;
        if (next == 0) break;
        luahost_pop(L, 1);
    }
    return results;
}

static int close_counted(lua_State *L, fixture *owner) {
    (void)owner;
    luahost_close_object(L, 1);
    return 0;
}

static void set_function(lua_State *L, const char *name, int (*body)(lua_State *, fixture *)) {
    thing *made = new_thing(FUNCTION);
    made->body = body;
    luahost_push_function(L, made);
    lua_setglobal(L, name);
}

// MARK: A host

static void open_fixture(fixture *owner, luahost_limits limits, bool trusted) {
    const luahost_callbacks callbacks = {
        owner, invoke, get_slot, index_object, set_index, release, output, next_random, find_module,
        unknown_global,
    };
    *owner = (fixture){.state = 1};
    owner->host = luahost_create(&limits, &callbacks, trusted);
    CHECK(owner->host != NULL && luahost_on_own_thread(owner->host));
    lua_State *L = luahost_main_state(owner->host);
    luahost_push_new_type(L, "Counted", (void *)&counted_type);
    luahost_push_type_fields(L, -1);
    thing *method = new_thing(FUNCTION);
    method->body = close_counted;
    luahost_push_function(L, method);
    lua_setfield(L, -2, "close");
    lua_pushinteger(L, 3);
    lua_setfield(L, -2, "slot");
    luahost_pop(L, 1);
    owner->metatable = luaL_ref(L, LUA_REGISTRYINDEX);
    set_function(L, "counted", make_counted);
    set_function(L, "refuse", raise_text);
    set_function(L, "raise", raise_value);
    set_function(L, "call", call_back);
    set_function(L, "operate", operate);
    lua_newtable(L);
    lua_pushinteger(L, 1);
    lua_setfield(L, -2, "one");
    lua_pushnil(L);
    luahost_push_read_only(L, -2, "constants");
    lua_setglobal(L, "constants");
    lua_settop(L, 0);
}

/// Runs a text; the status of the call, with the stack as it was.
static int run(fixture *owner, const char *text, size_t length, const char *name) {
    lua_State *L = luahost_main_state(owner->host);
    int status = luahost_load_text(owner->host, L, text, length, name);
    if (status == LUA_OK) status = luahost_call(owner->host, L, 0, 0, LUAHOST_MAIN_CHUNK);
    if (status != LUA_OK && lua_type(L, -1) == LUA_TSTRING && getenv("SHIMS_VERBOSE") != NULL)
        fprintf(stderr, "%s\n%s\n", lua_tostring(L, -1), luahost_traceback(owner->host));
    lua_settop(L, 0);
    return status;
}

/// Scripts that must end well. The bounds that end some of them are not those of trusted hosts.
#define BOUNDED "--bounded\n"
static const char *const good[] = {
    "for i = 1, 2000 do local c = counted(i) assert(c.slot == i + 3 and c[1] == i) c[1] = 5 assert(c[1] == 5) end",
    "for i = 1, 500 do local c = counted(i) c:close() assert(not pcall(function() return c.slot end) and not pcall(function() c:close() end)) end",
    "for i = 1, 500 do assert(not pcall(refuse)) assert(not pcall(raise, counted(i))) assert(not pcall(raise, nil)) end",
    "assert(not pcall(function() counted(1).nothing = {} end)) assert(not pcall(function() return counted(1).nothing end))",
    "for _, wrong in ipairs { 1, {}, print, 'x' } do counted(1).close(wrong) end counted(1).close() assert(getmetatable(counted(1)) == false)",
    "assert(call(function() return 4 end) == 4 and not pcall(call, function() error('x') end) and not pcall(call, 1))",
    "for i = 1, 200 do local co = coroutine.wrap(function() counted(i) refuse() end) assert(not pcall(co)) end",
    "local t = { 3, 1, 2 } assert(not pcall(table.sort, t, function() refuse() end)) table.sort(t)",
    "local t = setmetatable({}, { __index = function(_, k) return k .. '!' end, __len = function() return 4 end, "
    "__tostring = function() return 'text' end, __newindex = function(t, k, v) rawset(t, k, v + 1) end }) "
    "local value, length, text = operate(t) assert(value == 'key!' and length == 4 and text == 'text' and t.key == 8)",
    "for _, name in ipairs { '__index', '__len', '__tostring', '__newindex' } do "
    "assert(not pcall(operate, setmetatable({}, { [name] = function() error('x') end }))) end",
    "assert(not pcall(operate, 1)) assert(not pcall(operate, nil)) assert(not pcall(operate, setmetatable({}, { __tostring = print })))",
    "for k, v in pairs(constants) do assert(k == 'one' and v == 1) end assert(not pcall(rawset, constants, 'two', 2))",
    "assert(not pcall(function() constants.two = 2 end) and not pcall(function() constants[1] = 2 end))",
    "assert(require('file').name == 'file' and require('file') == require('file') and require 'string' == string)",
    "for _, name in ipairs { 'faulty', 'circle', 'gone', 'faulty' } do assert(not pcall(require, name)) end",
    "local t = {} for i = 1, 40 do t['k' .. i], t[i], t[i / 2] = i, i, i end local n = 0 for _ in pairs(t) do n = n + 1 end assert(n == 100)",
    "local t = { a = 1, b = 2, c = 3 } for k in pairs(t) do t[k] = nil t.b = nil end assert(next(t) == nil)",
    "assert(load('return 1')() == 1 and not load('\\27Lua') and not load('x =', '=file') and not load(function() error('x') end))",
    "local parts = { 'return ', '2' } local i = 0 assert(load(function() i = i + 1 return parts[i] end)() == 2)",
    "assert(not pcall(setmetatable, {}, { __gc = print }) and not pcall(setmetatable, 1, {}) and not pcall(setmetatable, {}, 1))",
    "local t = setmetatable({}, { __mode = 'kv' }) for i = 1, 100 do setmetatable(t, { __mode = 'kv' }) t[{}] = {} collectgarbage('step') end",
    BOUNDED "assert(#('x'):rep(10, ',') == 19 and ('x'):rep(-1) == '' and #(''):rep(math.maxinteger) == 0)",
    BOUNDED "for _, n in ipairs { math.maxinteger, math.mininteger, 1 << 40 } do pcall(string.rep, 'xx', n, 'y') "
    "pcall(table.concat, {}, 'x', -n, n) pcall(table.concat, { 1 }, '', n, n) pcall(table.move, {}, -n, n, 1) pcall(table.unpack, {}, 1, n) "
    "pcall(math.random, n) pcall(math.random, -n, n) pcall(math.random, n, -n) pcall(collectgarbage, 'step', n) end",
    BOUNDED "for _, name in ipairs { 'concat', 'insert', 'remove', 'sort', 'move', 'unpack' } do "
    "pcall(table[name], setmetatable({}, { __len = function() return 1 << 60 end }), 1, 1) pcall(table[name]) pcall(table[name], 1) end",
    "for i = 1, 300 do math.random() math.random(6) math.random(0) math.random(-3, 3) end math.randomseed(1)",
    "print(1, 'two', nil, setmetatable({}, { __tostring = function() return 'x' end })) warn('@off') warn('a') warn('@on') warn('a', 'b')",
    "assert(not pcall(print, setmetatable({}, { __tostring = function() return {} end })) and not pcall(warn) and not pcall(warn, {}))",
    "assert(select('#', xpcall(error, function(m) return m end, 'x')) == 2 and not xpcall(refuse, debug.traceback))",
    "assert(not xpcall(error, function() error('again') end) and not pcall(xpcall) and not pcall(pcall))",
    "local co = coroutine.create(function() local x <close> = setmetatable({}, { __close = function() refuse() end }) coroutine.yield() end) "
    "coroutine.resume(co) assert(not coroutine.close(co) and coroutine.status(co) == 'dead' and not pcall(coroutine.close, coroutine.running()))",
    BOUNDED "local inner for i = 1, 400 do local last = inner inner = coroutine.create(function() local x <close> = "
    "setmetatable({}, { __close = function() if last then coroutine.close(last) end end }) coroutine.yield() end) coroutine.resume(inner) end coroutine.close(inner)",
    "local function deep(n) return n == 0 and 0 or 1 + deep(n - 1) end assert(deep(10000) == 10000)",
    "local t = {} for i = 1, 3000 do t[i] = counted(i) end t = nil collectgarbage() collectgarbage('count')",
    "error()", NULL,
};

/// Scripts that a limit must end, swallowed or not.
static const char *const limited[] = {
    "while true do end",
    "pcall(function() while true do end end) return 1",
    "xpcall(function() while true do end end, function() while true do end end)",
    "coroutine.wrap(function() while true do end end)()",
    "local x <close> = setmetatable({}, { __close = function() while true do end end })",
    "call(function() while true do end end)",
    "operate(setmetatable({}, { __index = function() while true do end end }))",
    "table.sort({ 1, 2, 3 }, function() while true do end end)",
    "local t = {} while true do t[#t + 1] = {} end",
    "local s = 'x' while true do s = s .. s end",
    "local t = {} while true do t[#t + 1] = counted(1) end",
    "while true do pcall(print, ('x'):rep(1000)) end",
    "local t = setmetatable({}, { __mode = 'k' }) local strong = {} while true do local key = {} strong[#strong + 1] = key "
    "setmetatable(t, setmetatable({ __mode = 'kv' }, { __mode = 'v' })) t[key] = ('x'):rep(1000) .. #strong end",
    NULL,
};

/// Runs what must end well, and looks for what it left behind.
/// What only trusted scripts can do: call the finalizers themselves, twice, and on what is not theirs.
static const char finalizers[] =
    "local c = counted(1) local gc = debug.getmetatable(c).__gc gc(c) gc(c) gc(1) gc({}) gc(nil) gc(io.stdout) gc() "
    "assert(not pcall(function() return c.slot end)) "
    "local _, box = debug.getupvalue(refuse, 1) gc(box) local release = debug.getmetatable(box).__gc "
    "local other = counted(2) release(other) release(1) release() release(io.stdout) assert(other.slot == 5) "
    "release(box) release(box) assert(not pcall(refuse)) "
    "local index = debug.getmetatable(other).__index assert(not pcall(index, 1, 'slot') and not pcall(index, io.stdout, 'slot') and not pcall(index))";

static void exercise(bool trusted) {
    fixture owner;
    const luahost_limits wide = {120, 120, 60, 256 << 20, 0, 1 << 20};
    open_fixture(&owner, wide, trusted);
    lua_State *L = luahost_main_state(owner.host);
    int64_t objects = luahost_live_objects(owner.host);
    for (const char *const *text = good; *text != NULL; text++) {
        if (trusted && strncmp(*text, BOUNDED, strlen(BOUNDED)) == 0) continue;
        bool ended_well = run(&owner, *text, strlen(*text), "=good") == LUA_OK;
        // With the standard library some end otherwise.
        if (trusted || ended_well == (strcmp(*text, "error()") != 0)) continue;
        fprintf(stderr, "this script failed: %s\n", *text);
        exit(1);
    }
    if (trusted) {
        CHECK(run(&owner, finalizers, strlen(finalizers), "=finalizers") == LUA_OK);
        objects--;  // the function that was finalized
    }
    luahost_collect(L);
    luahost_collect(L);
    CHECK(luahost_live_objects(owner.host) == objects);
    CHECK(luahost_native_bytes(owner.host) == 0);
    CHECK(luahost_depth(owner.host) == 0);
    luahost_close(owner.host);
}

/// Runs what a limit must end; the state works on after each.
static void exercise_limits(void) {
    fixture owner;
    const luahost_limits near = {0.2, 0.2, 60, 32 << 20, 0, 1 << 20};
    open_fixture(&owner, near, false);
    for (const char *const *text = limited; *text != NULL; text++) {
        CHECK(run(&owner, *text, strlen(*text), "=limited") != LUA_OK);
        CHECK(run(&owner, "return 1", 8, "=again") == LUA_OK);
        luahost_collect(luahost_main_state(owner.host));
    }
    luahost_close(owner.host);
}

/// A host that another thread interrupts.
static atomic_bool begun;

static void *interrupt(void *host) {
    while (!atomic_load(&begun)) {}
    luahost_request_interrupt(host);
    return NULL;
}

static int begin_waiting(lua_State *L, fixture *owner) {
    (void)L, (void)owner;
    atomic_store(&begun, true);
    // The thread sanitizer keeps a signal back until the thread calls something that it watches.
    usleep(100);
    return 0;
}

static void interrupted(bool trusted) {
    fixture owner;
    const luahost_limits none = {0};
    open_fixture(&owner, none, trusted);
    atomic_store(&begun, false);
    set_function(luahost_main_state(owner.host), "begin", begin_waiting);
    pthread_t other;
    CHECK(pthread_create(&other, NULL, interrupt, owner.host) == 0);
    const char *text = "while true do begin() end";
    CHECK(run(&owner, text, strlen(text), "=interrupted") != LUA_OK);
    CHECK(pthread_join(other, NULL) == 0);
    luahost_clear_interrupt(owner.host);
    luahost_close(owner.host);
}

/// An error outside of any protected call is a fault of the host: one line and a code of its own, never a signal.
static void panic(void) {
    pid_t child = fork();
    if (child == 0) {
        fixture owner;
        const luahost_limits none = {0};
        open_fixture(&owner, none, false);
        close(STDERR_FILENO);
        lua_pushliteral(luahost_main_state(owner.host), "nobody protects this");
        lua_error(luahost_main_state(owner.host));
    }
    int status = 0;
    CHECK(child > 0 && waitpid(child, &status, 0) == child);
    CHECK(WIFEXITED(status) && WEXITSTATUS(status) == LUAHOST_EXIT_PANIC);
}

static void run_file(const char *path) {
    FILE *file = fopen(path, "rb");
    CHECK(file != NULL);
    static char text[1 << 20];
    size_t length = fread(text, 1, sizeof text, file);
    fclose(file);
    fixture owner;
    const luahost_limits wide = {120, 120, 60, 0, 0, 0};
    open_fixture(&owner, wide, false);
    char name[512];
    snprintf(name, sizeof name, "@%s", path);
    if (run(&owner, text, length, name) != LUA_OK) {
        fprintf(stderr, "%s failed; SHIMS_VERBOSE=1 shows why\n", path);
        exit(1);
    }
    luahost_close(owner.host);
}

static void *exercise_often(void *unused) {
    (void)unused;
    for (int i = 0; i < 3; i++) exercise(false);
    exercise_limits();
    exercise(true);
    return NULL;
}

int main(int count, char **arguments) {
    if (count == 2 && strcmp(arguments[1], "--threads") == 0) {
        pthread_t threads[2];
        pthread_attr_t attributes;
        pthread_attr_init(&attributes);
        pthread_attr_setstacksize(&attributes, 64 << 20);
        for (int i = 0; i < 2; i++) CHECK(pthread_create(&threads[i], &attributes, exercise_often, NULL) == 0);
        for (int i = 0; i < 2; i++) CHECK(pthread_join(threads[i], NULL) == 0);
        interrupted(false);
        interrupted(true);
        puts("shims on two threads: done");
        return 0;
    }
    exercise(false);
    exercise(true);
    exercise_limits();
    interrupted(false);
    interrupted(true);
    panic();
    for (int i = 1; i < count; i++) run_file(arguments[i]);
    puts("shims: done");
    return 0;
}
