package normalize

import (
	"cmp"
	"hash/fnv"
	"io"
	"path"
	"slices"
	"strconv"
	"strings"

	"lianheti/stages/model"
	"lianheti/stages/table"
	"lianheti/stages/text"
	"lianheti/templates"
)

// settle decides which of several files of a consortium is its submission. Content can't say "later", and file times
// are never asked: a corrected copy comes after its parent; then the edition on the covers decides. The same content
// twice is a duplicate. What is still tied is a finding for the Department: one is read, the others are not.
func (b *Batch) settle() []model.Finding {
	var found []model.Finding
	for _, group := range b.groups() {
		found = append(found, b.settleGroup(group)...)
	}
	found = append(found, b.suspectedTwins()...)
	var notes []model.Finding
	for i := range b.files {
		notes = append(notes, b.withSubmission(i)...)
	}
	return append(append(notes, found...), b.unreadable()...)
}

// withSubmission completes the notes of one file; those of a file in whose place another is read are nobody's.
func (b *Batch) withSubmission(i int) []model.Finding {
	a := b.files[i]
	if a.supersededBy != "" {
		return nil
	}
	notes := a.notes
	for k := range notes {
		notes[k].Submission = a.id()
	}
	if a.file.Fate == model.Rejected {
		vars := map[string]string{"detail": a.file.Detail, "file": a.file.Path}
		notes = append(notes, model.Finding{Code: a.file.Code, Places: []model.Place{{File: a.file.Path}}, Vars: vars})
	}
	return notes
}

// groups lists the accepted files of each consortium that has several; a renamed copy belongs to its parent's.
func (b *Batch) groups() [][]int {
	bySum, name := map[string]int{}, map[string]string{} // a consortium's first name, by a later one
	accepted := b.accepted()
	for _, i := range accepted {
		bySum[b.files[i].file.SHA256] = i
	}
	first := func(id string) string {
		for name[id] != "" {
			id = name[id]
		}
		return id
	}
	for _, i := range accepted {
		if parent, known := bySum[b.files[i].parent]; known && b.inCommon(i, parent) >= mended {
			if was, is := first(b.files[parent].id()), first(b.files[i].id()); was != is {
				name[is] = was
			}
		}
	}
	groups := table.Grouped(accepted, func(i int) string { return first(b.files[i].id()) })
	return slices.DeleteFunc(groups, func(group []int) bool { return len(group) == 1 })
}

func (b *Batch) accepted() (out []int) {
	for i, a := range b.files {
		if a.file.Fate == model.Accepted {
			out = append(out, i)
		}
	}
	return out
}

func (b *Batch) settleGroup(all []int) []model.Finding {
	group, idle := b.idleCopies(b.dropCopies(all))
	latest := slices.DeleteFunc(slices.Clone(group), func(i int) bool {
		return slices.ContainsFunc(group, func(k int) bool { return k != i && b.madeFrom(k, i, all) })
	})
	if len(latest) == 0 { // copies that name each other as parents say nothing
		latest = group
	}
	highest := slices.MaxFunc(latest, func(x, y int) int { return int(b.files[x].number()) - int(b.files[y].number()) })
	latest = slices.DeleteFunc(latest, func(i int) bool {
		return b.files[i].number() != 0 && b.files[i].number() < b.files[highest].number()
	})
	keep := slices.MinFunc(latest, b.plainFirst)
	for _, i := range slices.Concat(idle, group) {
		switch {
		case i == keep:
		case slices.Contains(latest, i):
			b.replace(i, keep, model.Rejected, "side_by_side")
			b.files[i].file.Detail = b.editions([]int{i, keep})
		default:
			b.replace(i, keep, model.Superseded, "superseded")
		}
	}
	for _, i := range all {
		b.files[i].Submission.Submission = b.files[keep].id()
	}
	if len(latest) == 1 {
		return nil
	}
	return []model.Finding{b.ambiguity("two_versions", keep, latest)}
}

// ambiguity makes the finding about files of which nobody knows which is the one, the one that is read first.
func (b *Batch) ambiguity(rule string, keep int, files []int) model.Finding {
	files = append([]int{keep}, slices.DeleteFunc(slices.Clone(files), func(i int) bool { return i == keep })...)
	x := model.Finding{Code: b.d.CodeOf(rule), Submission: b.files[keep].id()}
	var paths []string
	for _, i := range files {
		x.Places = append(x.Places, model.Place{File: b.files[i].file.Path})
		paths = append(paths, b.files[i].file.Path)
	}
	x.Vars = map[string]string{"list": strings.Join(paths, "、"), "file": paths[0],
		"other": strings.Join(paths[1:], "、"), "detail": b.editions(files)}
	return x
}

// editions tells what the covers of files say of the edition, in their order.
func (b *Batch) editions(files []int) string {
	said := make([]string, len(files))
	for n, i := range files {
		said[n] = "未填"
		for _, f := range b.files[i].Figures {
			if f.Field == "edition" && f.Raw != "" {
				said[n] = f.Raw
			}
		}
	}
	if len(slices.Compact(slices.Clone(said))) == 1 {
		return strings.Replace("都是"+said[0], "是未填", "未填", 1)
	}
	return "依次是" + strings.Join(said, "、")
}

// plainFirst orders files by their names: a copy's is longer than the original's (… - 副本.xlsx, … (1).xlsx).
func (b *Batch) plainFirst(x, y int) int {
	name := func(i int) string { return path.Base(b.files[i].file.Path) }
	return cmp.Or(len(name(x))-len(name(y)), strings.Compare(b.files[x].file.Path, b.files[y].file.Path))
}

// idleCopies takes apart the issued copies on which nobody worked, beside files on which somebody did.
func (b *Batch) idleCopies(group []int) (others, idle []int) {
	worked := func(i int) bool { return !b.files[i].untouched }
	if !slices.ContainsFunc(group, worked) {
		return group, nil
	}
	idle = slices.DeleteFunc(slices.Clone(group), worked)
	return slices.DeleteFunc(slices.Clone(group), func(i int) bool { return !worked(i) }), idle
}

// dropCopies leaves one of the files with the same content, rather one that is no issued copy and tells its edition.
func (b *Batch) dropCopies(group []int) []int {
	group = slices.SortedStableFunc(slices.Values(group), func(x, y int) int {
		a, o := b.files[x], b.files[y]
		return cmp.Or(len(a.parent)-len(o.parent), int(o.number()-a.number()), b.plainFirst(x, y))
	})
	var kept []int
	for _, i := range group {
		first := slices.IndexFunc(kept, func(k int) bool { return b.same(k, i) })
		if first < 0 {
			kept = append(kept, i)
			continue
		}
		b.replace(i, kept[first], model.Superseded, "duplicate_file")
	}
	slices.Sort(kept)
	return kept
}

// madeFrom says whether a file was made from another, or one of its content, by way of any files of the consortium.
func (b *Batch) madeFrom(i, original int, all []int) bool {
	for range all { // no longer: copies may name each other as parents
		at := slices.IndexFunc(all, func(k int) bool { return b.files[k].file.SHA256 == b.files[i].parent })
		if at < 0 {
			return false
		}
		if i = all[at]; i == original || b.same(i, original) {
			return true
		}
	}
	return false
}

// same says whether two files are of one content, and not of two editions.
func (b *Batch) same(i, k int) bool {
	x, y := b.files[i], b.files[k]
	return x.content == y.content && (x.number() == y.number() || x.number() == 0 || y.number() == 0)
}

func (b *Batch) replace(i, by int, fate model.Fate, rule string) {
	a := b.files[i]
	a.file.Fate, a.file.Code, a.supersededBy = fate, b.d.CodeOf(rule), b.files[by].file.Path
	a.file.Detail = a.supersededBy
}

// unreadable warns where the name of a file that can't be used says that it may replace a submission.
func (b *Batch) unreadable() []model.Finding {
	var out []model.Finding
	for _, a := range b.files {
		if a.file.Fate != model.Rejected || a.supersededBy != "" {
			continue
		}
		name := text.NameKey(path.Base(a.file.Path))
		for _, o := range b.files {
			s := o.Submission
			if o.file.Fate == model.Accepted && s.Consortium != "" && strings.Contains(name, text.NameKey(s.Consortium)) {
				out = append(out, model.Finding{Code: b.d.CodeOf("unreadable_newer"), Submission: s.Submission,
					Places: []model.Place{{File: a.file.Path}, {File: o.file.Path}},
					Vars:   map[string]string{"file": a.file.Path, "other": o.file.Path, "detail": a.file.Path}})
			}
		}
	}
	return out
}

// Two consortia have few cells in common; one under two names, the second corrected, has nearly all.
const (
	mended   = 0.5 // share of cells in common of a copy and what it was made from
	nearly   = 0.8 // share of cells in common of what may be one consortium
	fewest   = 30  // filled cells that tell anything
	frequent = 64  // files that share a cell; one that more share tells nothing
)

// named are fields that name the consortium, or that the Department filled in.
var named = []string{"consortium", "city", "park", "edition"}

// cellHashes are hashes of the filled cells, sorted: whose they are, they don't tell.
func cellHashes(d *templates.Definition, entries []model.Entry) []uint64 {
	var out []uint64
	for _, e := range entries {
		f := d.Field(e.Field)
		if !e.Filled || slices.Contains(named, e.Field) || f.Type == templates.ConfirmField || f.Record == "explanations" {
			continue
		}
		h := fnv.New64a()
		_, _ = io.WriteString(h, strings.Join([]string{e.Field, strconv.Itoa(e.Year), strings.TrimSpace(e.Raw)}, "\x00"))
		out = append(out, h.Sum64())
	}
	slices.Sort(out)
	return out
}

// inCommon is the share of cells that two files have in common, of those of the one that has fewer.
func (b *Batch) inCommon(i, k int) float64 {
	x, y := b.files[i].cellHashes, b.files[k].cellHashes
	fewer := min(len(x), len(y))
	if fewer < fewest {
		return 0
	}
	return float64(text.Common(x, y)) / float64(fewer)
}

// suspectedTwins finds submissions of one prefecture that may be one consortium's under two names.
func (b *Batch) suspectedTwins() (found []model.Finding) {
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
			return cmp.Or(cmp.Compare(b.files[x].Submission.Order(), b.files[y].Submission.Order()), b.plainFirst(x, y))
		})
		group = append([]int{keep}, slices.DeleteFunc(group, func(k int) bool { return k == keep })...)
		x := b.ambiguity("suspected_same", keep, group)
		var names []string
		for _, k := range group {
			done[k] = true
			names = append(names, "“"+b.files[k].Submission.Consortium+"”")
			if k != keep {
				b.replace(k, keep, model.Rejected, "suspected_twin")
				b.files[k].file.Detail, b.files[k].Submission.Submission = b.files[keep].Submission.Consortium, b.files[keep].id()
			}
		}
		x.Vars["detail"] = strings.Join(names, "、")
		found = append(found, x)
	}
	return found
}

// suspects lists for each file the others that may be the same consortium's, by cells that few files share.
func (b *Batch) suspects() map[int][]int {
	type held struct {
		hash uint64
		file int
	}
	var all []held
	for i, a := range b.files {
		if a.file.Fate == model.Accepted {
			for _, t := range slices.Compact(slices.Clone(a.cellHashes)) {
				all = append(all, held{t, i})
			}
		}
	}
	slices.SortFunc(all, func(x, y held) int { return cmp.Or(cmp.Compare(x.hash, y.hash), x.file-y.file) })
	shared := map[[2]int]int{}
	for len(all) > 0 {
		n := 1
		for n < len(all) && all[n].hash == all[0].hash {
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
