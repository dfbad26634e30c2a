package scripts_test

import (
	"math/rand/v2"
	"slices"
	"strconv"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// batchSize keeps what the script returns below SSM's 100 items and 100 KiB.
const batchSize = 40

// For whatever rules a group has: the ports are closed to the world, nothing else that
// could come in is kept out and nothing new comes in, the calls are such that EC2 takes
// them in the order of the runbook, a second repair has nothing to do, and Before and Keep
// are enough to undo it.
func TestDecideChangesNothingButThePorts(t *testing.T) {
	t.Parallel()
	for seed := range uint64(15) {
		t.Run(strconv.FormatUint(seed, 10), func(t *testing.T) {
			t.Parallel()
			random := rand.New(rand.NewPCG(seed, 22)) //nolint:gosec // repeatable on purpose
			var payloads, after []portsPayload
			var befores []group
			for range batchSize {
				g := randomGroup(random)
				befores = append(befores, g)
				payloads = append(payloads, portsPayload{orEmpty(g.permissions()), randomPorts(random)})
			}
			for i, d := range closePorts(t, payloads...) {
				repaired := repair(t, payloads[i], befores[i], d)
				after = append(after, portsPayload{orEmpty(repaired.permissions()), payloads[i].Ports})
			}
			for i, d := range closePorts(t, after...) {
				if d.Action != "none" {
					t.Errorf("the second repair of %q would %s %q", written(payloads[i].Ingress), d.Action,
						written(d.Close))
				}
			}
		})
	}
}

// repair carries out a decision in the order of the runbook and checks what it did.
func repair(t *testing.T, payload portsPayload, before group, d decision) group {
	t.Helper()
	after := groupOf(payload.Ingress)
	for _, err := range []error{after.authorize(d.Keep), after.revoke(d.Close)} {
		if err != nil {
			t.Errorf("%q: EC2 refuses: %v", written(payload.Ingress), err)
		}
	}
	ports := numbers(t, payload.Ports)
	for _, p := range packets(ports, before, after) {
		if want := admitsAfter(before, p, ports); after.admits(p) != want {
			t.Errorf("%q without %v: %v is let in: %v, want %v; after: %q", written(payload.Ingress), ports, p, !want,
				want, written(after.permissions()))
		}
	}
	undone := groupOf(after.permissions())
	for _, err := range []error{undone.revoke(d.Keep), undone.authorize(d.Before)} {
		if err != nil {
			t.Errorf("%q: undo: EC2 refuses: %v", written(payload.Ingress), err)
		}
	}
	if diff := cmp.Diff(written(before.permissions()), written(undone.permissions())); diff != "" {
		t.Errorf("undone (-before +undone):\n%s", diff)
	}
	return after
}

// admitsAfter returns what a group must let in after a repair.
func admitsAfter(before group, p packet, ports []int) bool {
	if p.source != world4 && p.source != world6 {
		return before.admits(p)
	}
	if p.protocol == "tcp" && slices.Contains(ports, p.port) {
		return false
	}
	_, anything := before[rule{protocol: "-1", source: p.source, from: -1, to: -1}]
	if !anything {
		return before.admits(p)
	}
	// Of a rule for all traffic TCP, UDP and the family's ICMP are kept. The runbook says
	// that other IP protocols cannot be.
	switch p.protocol {
	case "tcp", "udp":
		return true
	case map[string]string{world4: "icmp", world6: "icmpv6"}[p.source]:
		return true
	}
	rest := groupOf(before.permissions())
	delete(rest, rule{protocol: "-1", source: p.source, from: -1, to: -1})
	return rest.admits(p)
}

func numbers(t *testing.T, texts []string) []int {
	t.Helper()
	var all []int
	for _, text := range texts {
		n, err := strconv.Atoi(text)
		if err != nil {
			t.Fatal(err)
		}
		all = append(all, n)
	}
	return all
}

// randomPorts returns one to three ports, often adjacent ones or an end of the range.
func randomPorts(random *rand.Rand) []string {
	choice := []int{0, 21, 22, 23, 24, 3389, 65535}
	var ports []string
	for range 1 + random.IntN(3) {
		ports = append(ports, strconv.Itoa(choice[random.IntN(len(choice))]))
	}
	return ports
}

// randomGroup returns up to seven rules whose ranges overlap the ports and one another.
func randomGroup(random *rand.Rand) group {
	sources := []string{world4, world4, world6, "10.0.0.0/8", "2001:db8::/32", "pl-12345678", "sg-12345678"}
	protocols := []string{"tcp", "tcp", "tcp", "tcp", "udp", "-1", "50", "icmp", "icmpv6"}
	ends := []int{0, 1, 20, 21, 22, 23, 24, 25, 443, 3388, 3389, 3390, 65534, 65535}
	g := group{}
	for range random.IntN(8) {
		r := rule{protocol: protocols[random.IntN(len(protocols))], source: sources[random.IntN(len(sources))],
			from: -1, to: -1}
		switch r.protocol {
		case "tcp", "udp":
			a, b := ends[random.IntN(len(ends))], ends[random.IntN(len(ends))]
			r.from, r.to = min(a, b), max(a, b)
		case "icmp", "icmpv6":
			if random.IntN(2) == 0 {
				r.from, r.to = 8, 8
			}
		}
		description := ""
		if r.source[0] != 'p' && r.source[0] != 's' && random.IntN(2) == 0 {
			description = "number " + strconv.Itoa(len(g))
		}
		g[r] = description
	}
	return g
}
