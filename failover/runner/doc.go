// Package runner drives one service: it feeds the machine of package failover
// with what is seen, makes each intent durable before it is carried out, carries
// it out, and feeds the outcome back.
//
// One goroutine owns the detector and the machine; everything reaches it as a
// message. Effects run beside it, and end with the leadership under which they
// were begun: before another term begins none of an earlier one still runs. What
// cannot be made durable is not done.
package runner
