package pipeline

import (
	"runtime"
	"slices"

	"lianheti/stages/intake"
	"lianheti/stages/workers"
)

// InputYears lists the years of the forms among what arrived, ascending, of those that are known: they decide which
// definition a run takes where nobody says. A workbook of any other year can't decide anything; it will be refused by
// name.
func InputYears(inputs []string, known []int) ([]int, error) {
	sources, err := intake.Discover(inputs)
	if err != nil {
		return nil, err
	}
	var found []int
	for year := range workers.InOrder(runtime.NumCPU(), slices.Values(sources), intake.FormYear) {
		if slices.Contains(known, year) {
			found = append(found, year)
		}
	}
	slices.Sort(found)
	return slices.Compact(found), nil
}
