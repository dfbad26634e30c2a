package gateway

import (
	"fmt"
	"net/http"

	"hubmend/internal/lab/apicall"
	"hubmend/internal/lab/faults"
	"hubmend/internal/lab/story"
)

// serveScript serves a call of a script of a runbook, with the interventions for calls of steps.
func (g *Gateway) serveScript(w http.ResponseWriter, r *http.Request, q apicall.Request) {
	api := q.Call()
	if err := g.Forced.At(g.Lab.Context, faults.Moment{API: api}); err != nil {
		interfere(w, r, q, err)
		return
	}
	read := faults.ReadKey{API: api, Account: q.Caller.Account, Region: q.Region, Parameters: fmt.Sprintf("%s %s %s",
		q.Path, q.Query, q.Body)}
	if answer, old := g.Forced.StaleAnswer(read); old {
		g.Lab.Story.Tell(story.KindFault, read.Account, read.Region, "%s shows an old state", read.API)
		answer.Held.Send(w)
		return
	}
	held := apicall.NewHeld()
	g.route(held, r, q)
	g.Forced.Remember(read, faults.ReadAnswer{Held: held})
	if err := g.Forced.At(g.Lab.Context, faults.Moment{API: api, After: true}); err != nil {
		interfere(w, r, q, err)
		return
	}
	held.Send(w)
}
