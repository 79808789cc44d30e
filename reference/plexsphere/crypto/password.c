/* Argon2id (ruling 12). Each computation takes 19 MiB and tens of milliseconds of one core: two at
 * once, or a burst of registrations starves everything else of memory and processor. */
#include <pthread.h>
#include <sodium.h>

#include "common/arena.h"
#include "reference/plexsphere/crypto/crypto.h"

#define MEMORY_BYTES (19 * 1024 * 1024)
#define PASSES 2
#define AT_ONCE 2

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t turn_free = PTHREAD_COND_INITIALIZER;
static int running;

static void take_turn(void)
{
    pthread_mutex_lock(&lock);
    while (running >= AT_ONCE)
        pthread_cond_wait(&turn_free, &lock);
    running++;
    pthread_mutex_unlock(&lock);
}

static void end_turn(void)
{
    pthread_mutex_lock(&lock);
    running--;
    pthread_cond_signal(&turn_free);
    pthread_mutex_unlock(&lock);
}

static const char *text_of(struct bytes secret)
{
    return secret.data ? (const char *)secret.data : "";
}

bool password_hash(struct arena *a, struct bytes secret, char **phc)
{
    *phc = NULL;
    char *out = arena_alloc(a, crypto_pwhash_STRBYTES);
    take_turn();
    int result = crypto_pwhash_str_alg(out, text_of(secret), secret.len, PASSES, MEMORY_BYTES,
                                       crypto_pwhash_ALG_ARGON2ID13);
    end_turn();
    if (result != 0)
        return false; /* no memory */
    *phc = out;
    return true;
}

bool password_verify(const char *phc, struct bytes secret)
{
    take_turn();
    int result = crypto_pwhash_str_verify(phc, text_of(secret), secret.len);
    end_turn();
    return result == 0;
}
