// A line of input on a terminal, edited with libedit: history, and completion by whoever asks for the line. C, since
// libedit's own interface is a function with any number of arguments.
//
// An editor belongs to the thread that uses it; it starts none. `line_editor_create` reads the terminal's description, so it
// comes before the process is confined.
#ifndef CLINEEDITOR_H
#define CLINEEDITOR_H

#include <stddef.h>

typedef struct line_editor line_editor;

/// The result of a call of `line_editor_read`.
enum {
    LINE_EDITOR_LINE = 0,         ///< a line
    LINE_EDITOR_END = 1,          ///< Ctrl-D on an empty line, or the terminal is gone
    LINE_EDITOR_INTERRUPTED = 2,  ///< Ctrl-C: what was typed is dropped
};

/// Asked when the tabulator is pressed.
/// - text: the text before the cursor.
/// - answer: a block of malloc, which the editor frees: the first line is put in at the cursor; the others are shown below as
///   what may come next, when the first is empty. NULL: nothing.
typedef char *(*line_editor_complete)(void *context, const char *text);

/// An editor on standard input and output, or NULL when they are not a terminal that can move its cursor, or without memory.
/// - history_path: the file that keeps lines from one time to the next, read now; NULL for none.
line_editor *line_editor_create(const char *program, const char *history_path);
void line_editor_close(line_editor *editor);

/// Reads a line.
/// - prompt: borrowed for the call.
/// - line: gets the line without its end, borrowed until the next call.
int line_editor_read(
    line_editor *editor, const char *prompt, line_editor_complete complete, void *context, const char **line,
    size_t *length);

/// Keeps a line in the history and its file, unless it is the one before once more.
void line_editor_remember(line_editor *editor, const char *line);

#endif
