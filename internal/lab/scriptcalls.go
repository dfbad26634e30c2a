package lab

import (
	"fmt"
	"net/http"
)

// serveScript serves a call that a script of a runbook makes. What is forced upon calls of steps is forced upon it too.
func (g *gateway) serveScript(w http.ResponseWriter, r *http.Request, q request) {
	api := q.call()
	if err := g.forced.at(g.lab.ctx, moment{api: api}); err != nil {
		interfere(w, r, q, err)
		return
	}
	read := readKey{api, q.caller.Account, q.region, fmt.Sprintf("%s %s %s", q.path, q.query, q.body)}
	if answer, old := g.forced.stale.answer(read); old {
		g.lab.story.tell(KindFault, read.account, read.region, "%s shows an old state", read.api)
		answer.held.send(w)
		return
	}
	held := newHeld()
	g.route(held, r, q)
	g.forced.stale.remember(read, readAnswer{held: held})
	if err := g.forced.at(g.lab.ctx, moment{api: api, after: true}); err != nil {
		interfere(w, r, q, err)
		return
	}
	held.send(w)
}
