package normalize

import (
	"cmp"
	"fmt"
	"hash/fnv"
	"slices"
	"strings"

	"lianheti/stages/model"
	"lianheti/stages/text"
	"lianheti/templates"
)

// One consortium may be here under two names, the second corrected: the rest of the workbook tells. Two consortia
// have few cells in common, the same one sent again nearly all.
const (
	mended   = 0.5 // share of cells in common of a copy and what it was made from
	nearly   = 0.8 // share of cells in common of what may be one consortium
	fewest   = 30  // filled cells that tell anything
	frequent = 64  // files that share a cell; one that more share tells nothing
)

// named are fields that name the consortium, or that the Department filled in.
var named = []string{"consortium", "city", "park", editionField}

// traits are hashes of the filled cells, sorted: whose they are, they don't tell.
func traits(d *templates.Definition, entries []model.Entry) []uint64 {
	var out []uint64
	for _, e := range entries {
		f := d.Field(e.Field)
		if !e.Filled || slices.Contains(named, e.Field) || f.Type == templates.ConfirmField || f.Record == "explanations" {
			continue
		}
		h := fnv.New64a()
		fmt.Fprintf(h, "%s\x00%d\x00%s", e.Field, e.Year, strings.TrimSpace(e.Raw))
		out = append(out, h.Sum64())
	}
	slices.Sort(out)
	return out
}

// inCommon is the share of cells that two files have in common, of those of the one that has fewer.
func (b *Batch) inCommon(i, k int) float64 {
	x, y := b.files[i].traits, b.files[k].traits
	fewer := min(len(x), len(y))
	if fewer < fewest {
		return 0
	}
	return float64(text.Common(x, y)) / float64(fewer)
}

// alike finds the submissions that may be one consortium's under two names, in one prefecture as far as the covers
// tell. One is read, that with a name of the directory before others: a finding for the Department, which alone
// knows.
func (b *Batch) alike() (found []model.Finding) {
	of := b.suspects()
	done := map[int]bool{}
	for i := range b.files {
		if done[i] || len(of[i]) == 0 {
			continue
		}
		group := []int{i}
		for at := 0; at < len(group); at++ {
			for _, k := range of[group[at]] {
				if !slices.Contains(group, k) {
					group = append(group, k)
				}
			}
		}
		keep := slices.MinFunc(group, func(x, y int) int {
			return cmp.Or(cmp.Compare(directoryOrder(b.files[x].Submission), directoryOrder(b.files[y].Submission)), b.plainFirst(x, y))
		})
		group = append([]int{keep}, slices.DeleteFunc(group, func(k int) bool { return k == keep })...) // as the finding lists them
		x := b.tied(ruleSuspectedSame, keep, group)
		var names []string
		for _, k := range group {
			done[k] = true
			names = append(names, "“"+b.files[k].Submission.Consortium+"”")
			if k != keep {
				b.replace(k, keep, model.Rejected, ruleSuspectedTwin)
				b.files[k].file.Detail, b.files[k].submission = b.files[keep].Submission.Consortium, b.files[keep].submission
			}
		}
		x.Vars["detail"] = strings.Join(names, "、")
		found = append(found, x)
	}
	return found
}

// suspects lists for each file the others that may be the same consortium's. Only files that share a cell that few
// have are compared.
func (b *Batch) suspects() map[int][]int {
	type held struct {
		trait uint64
		file  int
	}
	var all []held
	for i, a := range b.files {
		if a.file.Fate == model.Accepted {
			for _, t := range slices.Compact(slices.Clone(a.traits)) {
				all = append(all, held{t, i})
			}
		}
	}
	slices.SortFunc(all, func(x, y held) int { return cmp.Or(cmp.Compare(x.trait, y.trait), x.file-y.file) })
	shared := map[[2]int]int{}
	for len(all) > 0 {
		n := 1
		for n < len(all) && all[n].trait == all[0].trait {
			n++
		}
		for k := 0; n <= frequent && k < n; k++ {
			for i := range k {
				shared[[2]int{all[i].file, all[k].file}]++
			}
		}
		all = all[n:]
	}
	of := map[int][]int{}
	for pair, both := range shared {
		i, k := pair[0], pair[1]
		x, y := b.files[i].Submission.CityCode, b.files[k].Submission.CityCode
		if both >= fewest/2 && (x == y || x == "" || y == "") && b.inCommon(i, k) >= nearly {
			of[i], of[k] = append(of[i], k), append(of[k], i)
		}
	}
	for i := range of {
		slices.Sort(of[i])
	}
	return of
}
