// Package heap sets when the program's memory is collected. It imports nothing of ours, so it is initialised before the
// packages whose tables would otherwise make the collector run before main does.
package heap

import (
	"runtime"
	"runtime/debug"
)

// A small run ends before its first collection, at some 100 MB: the least heap is 4 MB times the percentage. From then
// on the collector runs when the heap has grown by 40 per cent, which keeps large runs small, and more often near
// 3 GB.
func init() {
	const most = 3 << 30
	debug.SetMemoryLimit(most)
	debug.SetGCPercent(2500)
	runtime.AddCleanup(new([64]byte), func(ballast *[]byte) {
		*ballast = make([]byte, 256<<20)
		debug.SetGCPercent(40)
	}, &ballast)
}

// ballast counts as heap but, never touched, takes no memory; without it a run of some size would collect all the time.
var ballast []byte
