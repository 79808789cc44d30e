#include "reference/plexsphere/http/page.h"

#include "common/number.h"

enum { LIMIT_DEFAULT = 50, LIMIT_MOST = 200 };

struct answer page_read(struct request *rq)
{
    rq->page = (struct page){ .limit = LIMIT_DEFAULT };
    const char *limit = request_query(rq, "limit");
    if (limit != NULL) {
        int64_t n;
        if (!number_parse(limit, 1, LIMIT_MOST, &n))
            return answer_problem_detail(rq, PROBLEM_INVALID_LIMIT,
                                         "limit must be a whole number from 1 to %d.", LIMIT_MOST);
        rq->page.limit = (int)n;
    }
    rq->page.cursor = request_query(rq, "cursor");
    if (rq->page.cursor != NULL && rq->page.cursor[0] == '\0')
        return answer_problem_detail(rq, PROBLEM_INVALID_CURSOR, "cursor must not be empty.");
    return answer_go_on();
}
