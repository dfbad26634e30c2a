package events

import (
	"context"
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"

	"hubmend/internal/lab/apicall"
	"hubmend/internal/lab/story"
)

var rate = regexp.MustCompile(`^rate\(([1-9]\d{0,4}) (minute|hour|day)(s?)\)$`)

// parseRate reads a ScheduleExpression. As in AWS, the unit is singular for 1 and plural for any other number. The lab
// does not know cron expressions.
func parseRate(expression string) (time.Duration, error) {
	m := rate.FindStringSubmatch(expression)
	if m == nil || (m[1] == "1") != (m[3] == "") {
		return 0, fmt.Errorf(
			"the lab supports rate(1 minute) and rate(N minutes), with minutes, hours or days, not %q",
			expression)
	}
	n, _ := strconv.Atoi(m[1]) // five digits
	unit := map[string]time.Duration{"minute": time.Minute, "hour": time.Hour, "day": 24 * time.Hour}[m[2]]
	return time.Duration(n) * unit, nil
}

// FireSchedule fires a scheduled rule of the administrator's account now.
func (b *Bridge) FireSchedule(name string) error {
	id := busID{apicall.Place{Account: b.lab.Admin, Region: b.lab.Home}, DefaultBus}
	b.mu.Lock()
	var known []string
	rules := b.bus(id).rules
	for _, n := range slices.Sorted(maps.Keys(rules)) {
		if rules[n].every > 0 {
			known = append(known, n)
		}
	}
	r := rules[name]
	b.mu.Unlock()
	switch {
	case !slices.Contains(known, name):
		return fmt.Errorf("scheduled rule %q not found; the scheduled rules are: %s", name, strings.Join(known, ", "))
	case !r.enabled:
		return fmt.Errorf("the scheduled rule %s is DISABLED", name)
	}
	b.fire(id, r)
	return nil
}

// startSchedule fires a rule periodically until it is stopped or the lab ends.
func (b *Bridge) startSchedule(id busID, r *rule) {
	ctx, stop := context.WithCancel(b.lab.Context)
	r.stop = stop
	b.lab.Background.Add(1)
	go func() {
		defer b.lab.Background.Done()
		ticker := time.NewTicker(r.every)
		defer ticker.Stop()
		for {
			select {
			case <-ctx.Done():
				return
			case <-ticker.C:
				b.fire(id, r)
			}
		}
	}()
}

// fire sends the event of a schedule to the targets of its rule, and to no other rule.
func (b *Bridge) fire(id busID, r *rule) {
	b.lab.Story.Tell(story.KindEvent, id.Account, id.Region, "rule %s fires", r.name)
	b.deliverAll(id, r, envelope(id.Place, Event{
		Source: "aws.events", DetailType: "Scheduled Event", Resources: []string{r.arn}, Detail: map[string]any{},
	}))
}
