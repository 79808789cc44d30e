/* Fuzz target: the file of a history. What is read can be written, and is read again as the same.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "common/file.h"
#include "common/text.h"
#include "harness/history.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void require(bool holds)
{
    if (!holds)
        abort();
}

static const char *scratch(void)
{
    static char path[64];
    if (path[0] == '\0')
        (void)snprintf(path, sizeof path, "/dev/shm/plexconf-fuzz.%d", (int)getpid());
    return path;
}

static void same_moment(const struct moment *a, const struct moment *b)
{
    require(a->kind == b->kind && a->at == b->at && a->stream == b->stream);
    require(a->data.len == b->data.len &&
            (a->data.len == 0 || memcmp(a->data.data, b->data.data, a->data.len) == 0));
    if (a->kind == MOMENT_FRAME)
        require(a->id == b->id && text_equal(a->event, b->event));
    require((a->text == NULL) == (b->text == NULL));
    require(a->text == NULL || strcmp(a->text, b->text) == 0);
}

static void same(const struct history *h, const struct history *again)
{
    require(h->mvp == again->mvp && strcmp(h->node_id, again->node_id) == 0);
    require(h->n == again->n && h->n_keys == again->n_keys);
    for (size_t i = 0; i < h->n_keys; i++)
        require(strcmp(h->keys[i].id, again->keys[i].id) == 0 &&
                memcmp(h->keys[i].public_key, again->keys[i].public_key, 32) == 0);
    for (size_t i = 0; i < h->n; i++)
        same_moment(&h->moments[i], &again->moments[i]);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct arena *a = arena_create();
    struct history *h, *again;
    struct error e = { "" };
    require(file_write_atomic(scratch(), data, size, 0600, &e));
    if (history_read(a, scratch(), &h, &e)) {
        require(history_write(h, scratch(), &e));
        require(history_read(a, scratch(), &again, &e));
        same(h, again);
    } else {
        require(strstr(e.text, "line ") != NULL);
    }
    (void)unlink(scratch());
    arena_destroy(a);
    return 0;
}
