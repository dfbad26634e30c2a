package automation

import (
	"context"
	"fmt"
	"regexp"
	"strconv"
	"time"
)

// maxSleep is the longest duration that aws:sleep takes.
const maxSleep = 604799 * time.Second

var isoDuration = regexp.MustCompile(
	`^P(?:([0-9]{1,6})D)?(?:T(?:([0-9]{1,6})H)?(?:([0-9]{1,6})M)?(?:([0-9]{1,6})S)?)?$`)

// sleepStep runs aws:sleep with a Duration; a Timestamp is not supported.
func (r *run) sleepStep(ctx context.Context, a attempt) error {
	if err := a.refuseInputs("Duration"); err != nil {
		return err
	}
	given, err := a.textInput("Duration")
	if err != nil {
		return err
	}
	d, err := parseDuration(given)
	if err != nil {
		return err
	}
	return r.sleep(ctx, a.until, d)
}

// parseDuration reads days, hours, minutes and seconds of an ISO 8601 duration. Years,
// months and weeks have no fixed length or are not documented.
func parseDuration(text string) (time.Duration, error) {
	m := isoDuration.FindStringSubmatch(text)
	if m == nil || text[len(text)-1] == 'P' || text[len(text)-1] == 'T' {
		return 0, fmt.Errorf("input Duration %q is not an ISO 8601 duration such as PT10M", text)
	}
	var d time.Duration
	for i, unit := range []time.Duration{24 * time.Hour, time.Hour, time.Minute, time.Second} {
		n, _ := strconv.Atoi("0" + m[i+1]) // at most six digits, or none
		d += time.Duration(n) * unit
	}
	if d > maxSleep {
		return 0, fmt.Errorf("input Duration %q is longer than %s", text, maxSleep)
	}
	return d, nil
}
