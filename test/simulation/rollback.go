package simulation

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"time"

	"hubmend/internal/engine/decide"
)

// rollBack deploys an older version of Hubmend for a few hours, which does not know the schema of items that a newer
// one wrote before. It must lose none of them. Then the newer version is deployed again.
func (w *world) rollBack(chance *rand.Rand) {
	keys := []string{"breaker#EC2.13", "breaker#EC2.14", "account#222222222222", "account#333333333333"}
	w.memory.Each(func(rec decide.Record) { keys = append(keys, rec.Target.Key()) })
	slices.Sort(keys) // a seed always gives the same history
	newer := slices.DeleteFunc(keys, func(string) bool { return chance.IntN(3) > 0 })
	w.log.Info("rolled back", "newer", fmt.Sprint(newer))
	for _, key := range newer {
		w.memory.Rewrite(key, 3)
	}
	w.after(time.Duration(chance.Int64N(int64(8*time.Hour))), func() {
		w.log.Info("rolled forward")
		for _, key := range newer {
			w.memory.Rewrite(key, 1)
		}
	})
}
