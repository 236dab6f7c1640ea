#define _GNU_SOURCE
#include "CLineEditor.h"

#include <histedit.h>
#include <locale.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <termios.h>
#include <unistd.h>

enum { KEPT_LINES = 1000 };

struct line_editor {
    EditLine *editor;
    History *history;
    char *history_path;  ///< NULL: lines are kept in memory only
    locale_t locale;     ///< the user's, for what a character is
    const char *prompt;
    line_editor_complete complete;
    void *context;
    bool interrupted;
};

static line_editor *owner(EditLine *editor) {
    void *data = NULL;
    el_get(editor, EL_CLIENTDATA, &data);
    return data;
}

static char *prompt_of(EditLine *editor) { return (char *)owner(editor)->prompt; }

/// The terminal as the user has set it.
typedef struct {
    struct termios settings;
    bool are_known;  ///< false when the terminal is gone
} terminal_settings;

/// While a line is edited these keys are keys like others. A signal of Ctrl-C would not wake the editor, which waits for
/// a character; Ctrl-Z would leave the terminal to the shell as the editor has set it; and since the editor takes single
/// keys only after it has shown its prompt, a Ctrl-D typed in between would end the terminal's own line and reach the
/// editor as a zero. What else is typed then would be shown twice.
static terminal_settings take_keys(void) {
    terminal_settings before = {0};
    before.are_known = tcgetattr(STDIN_FILENO, &before.settings) == 0;
    if (!before.are_known) return before;
    struct termios now = before.settings;
    now.c_cc[VINTR] = now.c_cc[VSUSP] = now.c_cc[VEOF] = _POSIX_VDISABLE;
    now.c_lflag &= ~(tcflag_t)ECHO;
    tcsetattr(STDIN_FILENO, TCSADRAIN, &now);
    return before;
}

static void give_back(const terminal_settings *before) {
    if (before->are_known) tcsetattr(STDIN_FILENO, TCSADRAIN, &before->settings);
}

static unsigned char interrupt(EditLine *editor, int character) {
    (void)character;
    owner(editor)->interrupted = true;
    fputs("^C\n", stdout);
    fflush(stdout);
    return CC_EOF;
}

/// Shows names side by side, as many to a row as the terminal is wide. Cuts the text into its lines.
static void show_names(char *text) {
    size_t longest = 0;
    for (const char *name = text; *name != 0;) {
        size_t length = strcspn(name, "\n");
        if (length > longest) longest = length;
        name += length + (name[length] == '\n');
    }
    struct winsize window = {0};
    size_t columns = ioctl(STDOUT_FILENO, TIOCGWINSZ, &window) == 0 && window.ws_col > 0 ? window.ws_col : 80;
    size_t each = longest + 2, across = columns / each > 0 ? columns / each : 1, place = 0;
    putchar('\n');
    for (char *name = strtok(text, "\n"); name != NULL; name = strtok(NULL, "\n")) {
        if (++place % across == 0) puts(name);
        else printf("%-*s", (int)each, name);
    }
    if (place % across != 0) putchar('\n');
    fflush(stdout);
}

static unsigned char complete_name(EditLine *editor, int character) {
    (void)character;
    line_editor *self = owner(editor);
    const LineInfo *info = el_line(editor);
    char *before = strndup(info->buffer, (size_t)(info->cursor - info->buffer));
    char *answer = before != NULL && self->complete != NULL ? self->complete(self->context, before) : NULL;
    free(before);
    unsigned char result = CC_ERROR;
    if (answer != NULL) {
        size_t first = strcspn(answer, "\n");
        char *names = answer + first + (answer[first] == '\n');
        answer[first] = 0;
        if (first > 0) {
            result = el_insertstr(editor, answer) == 0 ? CC_REFRESH : CC_ERROR;
        } else if (*names != 0) {
            show_names(names);
            result = CC_REDISPLAY;
        }
    }
    free(answer);
    return result;
}

line_editor *line_editor_create(const char *program, const char *history_path) {
    const char *terminal = getenv("TERM");
    if (!isatty(STDIN_FILENO) || !isatty(STDOUT_FILENO) || terminal == NULL || strcmp(terminal, "dumb") == 0) return NULL;
    line_editor *self = calloc(1, sizeof *self);
    if (self == NULL) return NULL;
    // For the editor's own calls only: Lua's patterns and numbers stay those of the C locale.
    self->locale = newlocale(LC_CTYPE_MASK, "", (locale_t)0);
    locale_t before = uselocale(self->locale != (locale_t)0 ? self->locale : LC_GLOBAL_LOCALE);
    // The editor must not see a change of these keys later, or it would put its own bindings in place of ours.
    terminal_settings keys = take_keys();
    self->editor = el_init(program, stdin, stdout, stderr);
    self->history = history_init();
    if (self->editor == NULL || self->history == NULL) {
        uselocale(before);
        line_editor_close(self);
        give_back(&keys);
        return NULL;
    }
    el_set(self->editor, EL_CLIENTDATA, self);
    el_set(self->editor, EL_PROMPT, prompt_of);
    el_set(self->editor, EL_EDITOR, "emacs");
    el_set(self->editor, EL_ADDFN, "complete-name", "Complete a name.", complete_name);
    el_set(self->editor, EL_BIND, "^I", "complete-name", NULL);
    el_set(self->editor, EL_BIND, "^R", "em-inc-search-prev", NULL);
    el_set(self->editor, EL_ADDFN, "drop-line", "Drop the line.", interrupt);
    el_set(self->editor, EL_BIND, "^C", "drop-line", NULL);
    // The user's own keys, from ~/.editrc.
    el_source(self->editor, NULL);

    HistEvent event;
    history(self->history, &event, H_SETSIZE, KEPT_LINES);
    history(self->history, &event, H_SETUNIQUE, 1);
    el_set(self->editor, EL_HIST, history, self->history);
    if (history_path != NULL) {
        self->history_path = strdup(history_path);
        // One that is not there yet, or holds something else, is empty.
        history(self->history, &event, H_LOAD, history_path);
    }
    give_back(&keys);
    uselocale(before);
    return self;
}

void line_editor_close(line_editor *self) {
    if (self == NULL) return;
    if (self->history != NULL) history_end(self->history);
    if (self->editor != NULL) {
        // The end puts the terminal back to what it was at the start, without these keys.
        terminal_settings keys = {0};
        keys.are_known = tcgetattr(STDIN_FILENO, &keys.settings) == 0;
        el_end(self->editor);
        give_back(&keys);
    }
    if (self->locale != (locale_t)0) freelocale(self->locale);
    free(self->history_path);
    free(self);
}

int line_editor_read(
    line_editor *self, const char *prompt, line_editor_complete complete, void *context, const char **line,
    size_t *length) {
    self->prompt = prompt;
    self->complete = complete;
    self->context = context;
    self->interrupted = false;
    locale_t before = uselocale(self->locale != (locale_t)0 ? self->locale : LC_GLOBAL_LOCALE);
    // The window may have changed since the last line.
    el_resize(self->editor);
    int count = 0;
    terminal_settings keys = take_keys();
    const char *text = el_gets(self->editor, &count);
    give_back(&keys);
    uselocale(before);
    self->complete = NULL;
    if (self->interrupted) return LINE_EDITOR_INTERRUPTED;
    if (text == NULL || count <= 0) return LINE_EDITOR_END;
    while (count > 0 && (text[count - 1] == '\n' || text[count - 1] == '\r')) count--;
    *line = text;
    *length = (size_t)count;
    return LINE_EDITOR_LINE;
}

void line_editor_remember(line_editor *self, const char *line) {
    locale_t before = uselocale(self->locale != (locale_t)0 ? self->locale : LC_GLOBAL_LOCALE);
    HistEvent event;
    history(self->history, &event, H_ENTER, line);
    // Each time, so that lines survive a session that is killed. A file that cannot be written costs the history only.
    if (self->history_path != NULL) history(self->history, &event, H_SAVE, self->history_path);
    uselocale(before);
}
