// Package heap sets when the program's memory is collected. It imports nothing of ours, so it is initialised before the
// packages whose tables would otherwise make the collector run before main does.
package heap

import (
	"runtime"
	"runtime/debug"
	"runtime/metrics"
)

// A small run ends before its first collection, at some 100 MB: the least heap is 4 MB times the percentage. From then
// on the heap may grow by 40 per cent of what is in use and of 240 MB, which keeps large runs small without collecting
// in those of some size all the time; and by more where much is in use, because collecting it takes long. Near 3 GB it
// is collected more often.
func init() {
	const limit = 2750 << 20 // with what the collector does not count, below 3 GB
	debug.SetMemoryLimit(limit)
	debug.SetGCPercent(2500)
	afterNextCollection(struct{}{})
}

// afterNextCollection sets how far the heap may grow, after each collection anew.
func afterNextCollection(struct{}) {
	live := []metrics.Sample{{Name: "/gc/heap/live:bytes"}}
	metrics.Read(live)
	if inUse := live[0].Value.Uint64(); inUse > 0 {
		const base, percent, large = 240 << 20, 40, 2 << 30
		debug.SetGCPercent(int(percent*(inUse+base)/inUse + 100*inUse/large))
	}
	runtime.AddCleanup(new([64]byte), afterNextCollection, struct{}{})
}
