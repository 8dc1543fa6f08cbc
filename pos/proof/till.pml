/* The life of a sale as a model: till, network, switch and wallet, with everything that can go
 * wrong between two steps. Spin walks every state of it.
 *
 * Names are those of pos/sale/payment.py and of pos/scheme (tables.py, progress.py, refunds.py).
 *
 *   till      the journal (`journal`, `payment_id`) survives a crash, the customer's code (`code`)
 *             does not. It may give up on a payment at any moment, which covers every deadline,
 *             operator and restart; it may crash before, after and between any two of its steps.
 *   network   a message that was sent once may arrive never, once, or any number of times, at any
 *             later moment and in any order: `asked` and `said` are sets that only grow.
 *   switch    WORKERS workers beside each other on one database. Each transaction and each call of
 *             the wallet is one step, and a worker may die between any two: the rest of its work,
 *             with the answer, is then lost.
 *   wallet    charges at once, later, or never; its charges and refunds have ids and happen once.
 *   window    closes at any moment, and stays closed: a cancel is then refused, and the till
 *             gives the money back by a refund under a stored id.
 *
 * `check` holds in every state. Wherever the faults stop and the till works on, `heal` ends: then
 * everything is final, and journal, switch and wallet agree.
 * With -DNAME of one of the wrong designs below, Spin must find a state where one of them fails,
 * and with -DUNREACHED=PAID (or another of the till's states) that it is reached at all.
 */

#ifndef ATTEMPTS
#define ATTEMPTS 2 /* payments that a cashier tries for one sale, one after another */
#endif
#ifndef WORKERS
#define WORKERS 2
#endif

#define BIT(n) (1 << (n))

/* The till's states of a payment, as in pos/sale/payment.py. */
#define NOTHING 0
#define INTENT 1
#define CANCELLING 2
#define REVERSING 3
#define PAID 4
#define DECLINED 5
#define CANCELLED 6
#define REVERSED 7
#define OPEN(a) (journal[a] >= INTENT && journal[a] <= REVERSING)

/* The switch's states of a payment and of a refund, and the wallet's of a charge. */
#define NONE 0
#define PENDING 1
#define SUCCEEDED 2
#define FAILED 3
#define STOPPING 4 /* CANCELLING in the switch's tables */
#define STOPPED 5  /* CANCELLED in the switch's tables */
#define WAITING 6  /* NEW in the switch's tables: a code is shown, and no wallet has taken it up */

/* Requests, and the steps of a worker that has taken one. */
#define PAY 0
#define INQUIRE 1
#define CANCEL 2
#define REFUND 3

/* Answers that mean something. YES and NO are the same of a payment and of an inquiry. What moves
 * nothing (no answer, still open, not found) is said only where a wrong design listens to it. */
#define YES 0
#define NO 1
#define FOUND_CANCELLED 2
#define CANCEL_DONE 3
#define CANCEL_LATE 4
#define REFUND_DONE 5
#define FOUND_OPEN 6
#define NOT_FOUND 7

byte journal[ATTEMPTS];
bit payment_id[ATTEMPTS]; /* journaled with a late success: a refund needs it */
bit code[ATTEMPTS];
byte asked[ATTEMPTS];
byte said[ATTEMPTS];

byte record[ATTEMPTS];
byte refund[ATTEMPTS];
bit late[ATTEMPTS]; /* the window of the cancel is closed */

byte charge[ATTEMPTS];
byte taken[ATTEMPTS]; /* how often the customer was charged */
byte given[ATTEMPTS]; /* how often all of it was given back */
bit refunded[ATTEMPTS];

bit healed; /* the faults have stopped, and the till has worked on */
byte k, sum, open; /* of `check` and `heal` alone: zero between steps */

#define NET(a) (taken[a] - given[a])
#define SEND(a, request) asked[a] = asked[a] | BIT(request)
#define SAY(a, answer) said[a] = said[a] | BIT(answer)
#define HEARD(a, answer) (said[a] & BIT(answer))

inline check() {
    d_step {
        k = 0; sum = 0; open = 0;
        do
        :: k < ATTEMPTS ->
            assert(taken[k] <= 1 && given[k] <= taken[k]);            /* never twice */
            assert(journal[k] != PAID || NET(k) == 1);                /* no false success */
            assert(journal[k] < DECLINED || NET(k) == 0);             /* no false failure */
            assert(journal[k] != NOTHING || (taken[k] == 0 && asked[k] == 0)); /* intent first */
#ifdef UNREACHED
            assert(journal[k] != UNREACHED); /* must fail, or all of this says nothing */
#endif
            assert(record[k] != SUCCEEDED || taken[k] == 1);          /* the switch's books */
            assert((record[k] != FAILED && record[k] != STOPPED) || NET(k) == 0);
            sum = sum + NET(k);
            if :: OPEN(k) -> open++ :: else fi;
            k++
        :: else -> break
        od;
        assert(sum <= 1);                                             /* once a sale */
        assert(open <= 1);                                            /* one at a time */
        k = 0; sum = 0; open = 0
    }
}

/* ---- the wallet: each of these is one transaction of its own ---- */

inline wallet_takes(a) {
    taken[a]++; charge[a] = SUCCEEDED
}

inline wallet_reverses(a) {
    if
    :: charge[a] == SUCCEEDED -> given[a]++; charge[a] = STOPPED
#ifdef CANCEL_TWICE_GIVES_TWICE
    :: charge[a] == STOPPED -> given[a]++
#endif
    :: charge[a] == NONE || charge[a] == PENDING -> charge[a] = FAILED
    :: else
    fi
}

inline wallet_refunds(a) {
    if
#ifndef REFUND_TWICE_GIVES_TWICE
    :: refunded[a] -> skip
#endif
    :: else -> given[a]++; refunded[a] = 1
    fi
}

/* ---- the switch's transactions ---- */

inline settle(a, outcome) {
    if
    :: outcome == SUCCEEDED && record[a] == PENDING -> record[a] = SUCCEEDED
#ifdef SETTLING_OVERRULES_CANCEL
    :: outcome == SUCCEEDED && (record[a] == STOPPING || record[a] == STOPPED) ->
        record[a] = SUCCEEDED
#endif
    :: outcome == FAILED && record[a] == PENDING -> record[a] = FAILED
    :: else
    fi
}

inline begin_cancel(a, refusal) {
    refusal = 0;
    if
#ifdef NO_TOMBSTONE
    :: record[a] == NONE -> skip
#else
    :: record[a] == NONE -> record[a] = STOPPED
#endif
    :: record[a] == SUCCEEDED && refund[a] != NONE -> refusal = 1
    :: record[a] == SUCCEEDED && refund[a] == NONE && late[a] -> refusal = 2
    :: (record[a] == SUCCEEDED && refund[a] == NONE && !late[a]) || record[a] == PENDING ->
        record[a] = STOPPING
    :: record[a] == WAITING -> record[a] = STOPPED
    :: else
    fi
}

inline finish_cancel(a) {
    if :: record[a] == STOPPING -> record[a] = STOPPED :: else fi
}

inline answer_pay(a) {
    if
    :: record[a] == SUCCEEDED -> SAY(a, YES)
    :: record[a] == FAILED || record[a] == STOPPED -> SAY(a, NO)
    :: else
    fi
}

inline answer_inquiry(a) {
    if
    :: record[a] == SUCCEEDED -> SAY(a, YES)
    :: record[a] == FAILED -> SAY(a, NO)
    :: record[a] == STOPPED -> SAY(a, FOUND_CANCELLED)
#ifdef NOT_FOUND_IS_A_NO
    :: record[a] == NONE -> SAY(a, NOT_FOUND)
#endif
#ifdef THE_CALL_WENT_WELL_SO_PAID
    :: record[a] == PENDING || record[a] == STOPPING -> SAY(a, FOUND_OPEN)
#endif
    :: else
    fi
}

inline answer_cancel(a, refusal) {
    if
    :: refusal == 2 -> SAY(a, CANCEL_LATE)
    :: refusal == 0 && record[a] != STOPPING -> SAY(a, CANCEL_DONE)
    :: else /* refused for another reason, or not known yet: says nothing about the payment */
    fi
}

inline answer(a, request) {
    if
    :: request == PAY -> answer_pay(a)
    :: request == INQUIRE -> answer_inquiry(a)
    :: request == CANCEL -> answer_cancel(a, 0)
    fi
}

/* What is asked of the wallet between two transactions; `outcome` is what it says. */
inline wallet_charges(a, outcome) {
    if
    :: charge[a] == NONE -> wallet_takes(a)
    :: charge[a] == NONE -> charge[a] = FAILED
    :: charge[a] == NONE -> charge[a] = PENDING
#ifdef CHARGE_TWICE_TAKES_TWICE
    :: charge[a] == SUCCEEDED -> taken[a]++
#endif
    :: else
    fi;
    outcome = charge[a]
}

inline begin_refund(a) {
    if
    :: refund[a] == NONE && record[a] == SUCCEEDED -> refund[a] = PENDING
    :: refund[a] == NONE && record[a] != SUCCEEDED -> refund[a] = FAILED
#ifdef REFUND_TWICE_GIVES_TWICE
    :: refund[a] == SUCCEEDED -> refund[a] = PENDING
#endif
    :: else
    fi
}

inline finish_refund(a) {
    refund[a] = SUCCEEDED; SAY(a, REFUND_DONE)
}

/* ---- a worker of the switch: takes any request that was ever sent, as often as it likes ---- */

#define DONE a = 0; request = 0; outcome = 0; goto ready

active [WORKERS] proctype worker() provided (!healed) {
    byte a, request, outcome;
ready:
    atomic {
        select(a : 0 .. ATTEMPTS - 1);
        if
        :: asked[a] & BIT(PAY) -> request = PAY
        :: journal[a] != NOTHING -> request = INQUIRE /* the switch asks by itself, too */
        :: asked[a] & BIT(CANCEL) -> request = CANCEL
        :: asked[a] & BIT(REFUND) -> begin_refund(a); check(); goto giving_back
        :: else -> DONE
        fi;
        if
        :: request == PAY && record[a] == NONE -> record[a] = PENDING
        :: request == PAY && record[a] == NONE -> record[a] = WAITING
        :: request == INQUIRE && record[a] == WAITING -> record[a] = FAILED /* its time is over */
        :: request == CANCEL -> begin_cancel(a, outcome)
        :: else
        fi;
        if
        :: outcome -> answer_cancel(a, outcome); check(); DONE
        :: !outcome && request != CANCEL && record[a] == PENDING -> check()
        :: !outcome && record[a] == STOPPING -> check(); goto stopping
        :: else -> answer(a, request); check(); DONE
        fi
    }
    atomic { /* the wallet is asked */
        if
        :: request == PAY -> wallet_charges(a, outcome)
        :: request == INQUIRE -> outcome = charge[a]
        :: request == INQUIRE && (charge[a] == NONE || charge[a] == PENDING) ->
            charge[a] = FAILED; outcome = FAILED /* the time to pay is over */
        :: DONE /* dies, or does not reach the wallet */
#ifdef SILENT_WALLET_IS_A_NO
        :: outcome = FAILED
#endif
        fi;
        check()
    };
    atomic { /* the second transaction */
        if
        :: settle(a, outcome); answer(a, request); check()
        :: skip /* dies */
        fi;
        DONE
    };
stopping:
#ifdef CANCEL_ACKNOWLEDGED_EARLY
    if :: request == CANCEL -> SAY(a, CANCEL_DONE) :: else fi;
#endif
    atomic {
        if
        :: wallet_reverses(a); check()
        :: DONE
        fi
    };
    atomic {
        if
        :: finish_cancel(a); answer(a, request); check()
        :: skip
        fi;
        DONE
    };
giving_back:
    atomic {
        if
        :: refund[a] == PENDING -> wallet_refunds(a); check()
        :: refund[a] == SUCCEEDED -> SAY(a, REFUND_DONE); DONE
        :: DONE /* refused, or dies */
        fi
    };
    atomic {
        if
        :: finish_refund(a); check()
        :: skip
        fi;
        DONE
    }
}

/* ---- customers and clocks ---- */

active proctype world() provided (!healed) {
    byte a;
    do
    :: atomic {
            select(a : 0 .. ATTEMPTS - 1);
            if
            :: record[a] == WAITING -> record[a] = PENDING /* a customer scans a shown code, */
            :: record[a] == PENDING && charge[a] == NONE -> charge[a] = PENDING /* looks at it, */
            :: charge[a] == PENDING -> wallet_takes(a) /* and approves, however late */
            :: charge[a] == PENDING -> charge[a] = FAILED
            :: record[a] == SUCCEEDED && !late[a] -> late[a] = 1
            :: else
            fi;
            a = 0;
            check()
        }
    od
}

/* ---- the till ---- */

/* One answer in, one move out: the table of pos/sale/payment.py. */
inline hear(a) {
    if
    :: journal[a] == INTENT && HEARD(a, YES) -> journal[a] = PAID
    :: journal[a] == INTENT && HEARD(a, NO) -> journal[a] = DECLINED
    :: journal[a] == INTENT && HEARD(a, FOUND_CANCELLED) -> journal[a] = CANCELLED
    :: (journal[a] == CANCELLING || journal[a] == REVERSING) &&
        HEARD(a, YES) -> payment_id[a] = 1
    :: (journal[a] == CANCELLING || journal[a] == REVERSING) &&
        (HEARD(a, NO) || HEARD(a, FOUND_CANCELLED)) -> journal[a] = CANCELLED
    :: journal[a] == CANCELLING && HEARD(a, CANCEL_DONE) -> journal[a] = CANCELLED
#ifdef LATE_CANCEL_IS_CANCELLED
    :: journal[a] == CANCELLING && HEARD(a, CANCEL_LATE) -> journal[a] = CANCELLED
#else
    :: journal[a] == CANCELLING && HEARD(a, CANCEL_LATE) -> journal[a] = REVERSING
#endif
    :: journal[a] == REVERSING && HEARD(a, REFUND_DONE) -> journal[a] = REVERSED
#ifdef NOT_FOUND_IS_A_NO
    :: journal[a] == INTENT && HEARD(a, NOT_FOUND) -> journal[a] = DECLINED
#endif
#ifdef THE_CALL_WENT_WELL_SO_PAID
    :: journal[a] == INTENT && HEARD(a, FOUND_OPEN) -> journal[a] = PAID
#endif
#ifdef LATE_SUCCESS_WINS
    :: journal[a] == CANCELLING && HEARD(a, YES) -> journal[a] = PAID
#endif
    :: else
    fi
}

#ifdef NEXT_WHILE_CANCELLING
#define MAY_BEGIN(a) (a == 0 || journal[a - 1] >= DECLINED || journal[a - 1] == CANCELLING)
#else
#define MAY_BEGIN(a) (a == 0 || journal[a - 1] >= DECLINED)
#endif

inline act(a) {
    if
#ifdef SENT_BEFORE_WRITTEN
    :: journal[a] == NOTHING && MAY_BEGIN(a) -> SEND(a, PAY)
#endif
    :: journal[a] == NOTHING && MAY_BEGIN(a) -> journal[a] = INTENT; code[a] = 1
    :: journal[a] == INTENT && code[a] -> code[a] = 0; SEND(a, PAY)
    :: journal[a] == INTENT && code[a] -> code[a] = 0; journal[a] = DECLINED /* no byte left */
#ifdef SILENCE_IS_NOT_SENT
    :: journal[a] == INTENT && code[a] -> code[a] = 0; SEND(a, PAY); journal[a] = DECLINED
#endif
    :: journal[a] == INTENT && !code[a] -> journal[a] = CANCELLING
    :: journal[a] == CANCELLING -> SEND(a, CANCEL)
#ifdef CANCELLED_UNACKNOWLEDGED
    :: journal[a] == CANCELLING -> SEND(a, CANCEL); journal[a] = CANCELLED
#endif
    :: journal[a] == REVERSING && payment_id[a] -> SEND(a, REFUND)
#ifdef REVERSED_UNACKNOWLEDGED
    :: journal[a] == REVERSING && payment_id[a] -> SEND(a, REFUND); journal[a] = REVERSED
#endif
    :: code[a] -> code[a] = 0 /* a crash: all that was not written is gone */
#ifdef JOURNAL_IN_MEMORY
    :: journal[a] == INTENT -> code[a] = 0; journal[a] = NOTHING
#endif
    :: else
    fi
}

/* One call without a fault, from the till through the switch to the wallet and back. */
inline call(a, request) {
    said[a] = 0; outcome = 0;
    if
    :: request == CANCEL -> begin_cancel(a, outcome)
    :: request == INQUIRE && record[a] == PENDING -> settle(a, charge[a])
    :: request == REFUND ->
        begin_refund(a);
        if :: refund[a] == PENDING -> wallet_refunds(a); finish_refund(a)
        :: refund[a] == SUCCEEDED -> SAY(a, REFUND_DONE)
        :: else fi
    :: else
    fi;
    if
    :: request != REFUND && record[a] == STOPPING -> wallet_reverses(a); finish_cancel(a)
    :: else
    fi;
    if
    :: request == CANCEL -> answer_cancel(a, outcome)
    :: request == INQUIRE -> answer_inquiry(a)
    :: else
    fi;
    hear(a)
}

/* At rest the journal, the switch's books and the wallet tell one story. */
inline agree(a) {
    assert(!OPEN(a));
    assert(journal[a] != PAID || record[a] == SUCCEEDED);
    assert(journal[a] != CANCELLED || record[a] == STOPPED || record[a] == FAILED);
    assert(journal[a] != REVERSED || (record[a] == SUCCEEDED && refund[a] == SUCCEEDED));
    assert(journal[a] != DECLINED || record[a] != SUCCEEDED)
}

/* The faults stop, in any state: within ROUNDS calls everything is final and agrees. */
#define ROUNDS 6

inline heal(a) {
    a = 0;
    do
    :: a < ATTEMPTS ->
        code[a] = 0; open = 0;
        do
        :: OPEN(a) && open < ROUNDS ->
            open++;
            if
            :: journal[a] == INTENT ->
                call(a, INQUIRE);
                if :: journal[a] == INTENT -> journal[a] = CANCELLING :: else fi
            :: journal[a] == CANCELLING -> call(a, CANCEL)
            :: journal[a] == REVERSING && !payment_id[a] -> call(a, INQUIRE)
            :: journal[a] == REVERSING && payment_id[a] -> call(a, REFUND)
            fi
        :: else -> break
        od;
        agree(a);
        a++
    :: else -> break
    od;
    check();
    a = 0; outcome = 0
}

/* Nothing happens after it: every such state is the same one, and is kept once. */
inline forget(a) {
    a = 0;
    do
    :: a < ATTEMPTS ->
        journal[a] = 0; payment_id[a] = 0; code[a] = 0; asked[a] = 0; said[a] = 0; record[a] = 0;
        refund[a] = 0; late[a] = 0; charge[a] = 0; taken[a] = 0; given[a] = 0; refunded[a] = 0;
        a++
    :: else -> break
    od;
    a = 0
}

active proctype till() {
    byte a, outcome;
    do
    :: atomic {
            !healed ->
            select(a : 0 .. ATTEMPTS - 1);
            if :: true -> act(a) :: true -> hear(a) fi;
            a = 0;
            check()
        }
    :: atomic { !healed -> heal(a); forget(a); healed = 1 }
    od
}
