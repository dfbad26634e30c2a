package lab

import (
	"fmt"
	"net/http"
)

// scripted gives a session of its own to the scripts of an execution, so that their calls can be told from those of its
// steps, which stepAPI makes.
func (c *callers) scripted(session Credentials) Credentials {
	c.mu.Lock()
	caller := c.sessions[session.AccessKeyID]
	c.mu.Unlock()
	caller.script = true
	own, _ := c.session(caller)
	return own
}

// serveScript serves a call that a script of a runbook makes. What is forced upon calls of steps is forced upon it too.
func (g *gateway) serveScript(w http.ResponseWriter, r *http.Request, q request) {
	api := q.service + ":" + q.api
	if err := g.lab.interventions.at(g.lab.ctx, moment{api: api}); err != nil {
		interfere(w, r, q, err)
		return
	}
	read := readKey{api, q.caller.Account, q.region, fmt.Sprintf("%s %s %s", q.path, q.query, q.body)}
	if answer, old := g.lab.stale.answer(read); old {
		g.lab.story.tell(KindFault, read.account, read.region, "%s shows an old state", read.api)
		answer.held.send(w)
		return
	}
	held := &heldAnswer{header: http.Header{}, status: http.StatusOK}
	g.route(held, r, q)
	g.lab.stale.remember(read, readAnswer{held: held})
	held.send(w)
}
