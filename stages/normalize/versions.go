package normalize

import (
	"path"
	"slices"
	"strings"

	"lianheti/stages/model"
	"lianheti/stages/text"
)

// Rules of the catalogue that are found here, by id.
const (
	ruleTwoVersions     = "two_versions" // the finding about a consortium
	ruleSideBySide      = "side_by_side" // what became of the files that were not read
	ruleSuperseded      = "superseded"
	ruleDuplicate       = "duplicate_file"
	ruleUnreadableNewer = "unreadable_newer"
)

// settle decides, for each consortium with several files, which one is its submission, and marks the others. Content
// can't say "later", and file times are never asked: an issued copy that was corrected (its parent is another of the
// files) comes after its parent; then the edition on the cover decides. The same content twice is a duplicate. What is still
// tied is left standing side by side, a finding for the Department: the first by path is read, the others are not.
func (b *Batch) settle() []model.Finding {
	var notes []model.Finding
	for i := range b.files {
		notes = append(notes, b.withSubmission(i)...)
	}
	for _, group := range b.groups() {
		notes = append(notes, b.settleGroup(group)...)
	}
	return append(notes, b.unreadable()...)
}

// withSubmission completes the notes of one file.
func (b *Batch) withSubmission(i int) []model.Finding {
	a := b.files[i]
	notes := a.notes
	for k := range notes {
		notes[k].Submission = a.submission
	}
	if a.file.Fate == model.Rejected {
		notes = append(notes, model.Finding{Code: a.file.Code, Places: []model.Place{{File: a.file.Path}}, Vars: map[string]string{"detail": a.file.Detail, "file": a.file.Path}})
	}
	return notes
}

// groups lists the accepted files of each consortium that has several, in the order of the first.
func (b *Batch) groups() [][]int {
	of := map[string][]int{}
	var order []string
	for i, a := range b.files {
		if a.file.Fate != model.Accepted {
			continue
		}
		if _, known := of[a.submission]; !known {
			order = append(order, a.submission)
		}
		of[a.submission] = append(of[a.submission], i)
	}
	var out [][]int
	for _, id := range order {
		if len(of[id]) > 1 {
			out = append(out, of[id])
		}
	}
	return out
}

func (b *Batch) settleGroup(all []int) []model.Finding {
	group, idle := b.untouched(b.dropCopies(all))
	latest := slices.DeleteFunc(slices.Clone(group), func(i int) bool {
		return slices.ContainsFunc(group, func(k int) bool { return k != i && b.madeFrom(k, i, all) })
	})
	if len(latest) == 0 { // copies that name each other as parents say nothing
		latest = group
	}
	highest := slices.MaxFunc(latest, func(x, y int) int { return int(b.files[x].edition) - int(b.files[y].edition) })
	latest = slices.DeleteFunc(latest, func(i int) bool { return b.files[i].edition < b.files[highest].edition })
	keep := latest[0]
	for _, i := range idle {
		b.replace(i, keep, model.Superseded, ruleSuperseded)
	}
	for _, i := range group {
		if i == keep {
			continue
		}
		if slices.Contains(latest, i) {
			b.replace(i, keep, model.Rejected, ruleSideBySide)
		} else {
			b.replace(i, keep, model.Superseded, ruleSuperseded)
		}
	}
	if len(latest) == 1 {
		return nil
	}
	finding := model.Finding{Code: b.d.CodeOf(ruleTwoVersions), Submission: b.files[keep].submission, Vars: map[string]string{}}
	var others []string
	for _, i := range latest {
		finding.Places = append(finding.Places, model.Place{File: b.files[i].file.Path})
		others = append(others, b.files[i].file.Path)
	}
	finding.Vars["list"], finding.Vars["file"], finding.Vars["other"] = strings.Join(others, "、"), others[0], strings.Join(others[1:], "、")
	return []model.Finding{finding}
}

// untouched takes apart the issued copies on which nobody worked: they lie beside the original that was mended instead. Where there are
// only such, they are files like others.
func (b *Batch) untouched(group []int) (others, idle []int) {
	for _, i := range group {
		if b.files[i].untouched {
			idle = append(idle, i)
		} else {
			others = append(others, i)
		}
	}
	if len(others) == 0 {
		return idle, nil
	}
	return others, idle
}

// dropCopies leaves the first of the files with the same content, one that is no issued copy before one that is.
func (b *Batch) dropCopies(group []int) []int {
	group = slices.Clone(group)
	slices.SortStableFunc(group, func(x, y int) int { return len(b.files[x].parent) - len(b.files[y].parent) })
	var kept []int
	for _, i := range group {
		first := slices.IndexFunc(kept, func(k int) bool { return b.same(k, i) })
		if first < 0 {
			kept = append(kept, i)
			continue
		}
		b.replace(i, kept[first], model.Superseded, ruleDuplicate)
	}
	slices.Sort(kept)
	return kept
}

// madeFrom says whether a file was made from another, or from one with the same content, by way of whatever files of the consortium are there.
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

// same says whether two files are of one edition and content.
func (b *Batch) same(i, k int) bool {
	return b.files[i].content == b.files[k].content && b.files[i].edition == b.files[k].edition
}

func (b *Batch) replace(i, by int, fate model.Fate, rule string) {
	a := &b.files[i]
	a.file.Fate, a.file.Code, a.supersededBy = fate, b.d.CodeOf(rule), b.files[by].file.Path
	a.file.Detail = a.supersededBy
}

// unreadable warns where a file that can't be used may have been meant to replace a submission: its name says whose it is.
func (b *Batch) unreadable() []model.Finding {
	var out []model.Finding
	for _, a := range b.files {
		if a.file.Fate != model.Rejected || a.supersededBy != "" {
			continue
		}
		name := text.NameKey(path.Base(a.file.Path))
		for i, s := range b.submissions {
			if b.files[i].file.Fate == model.Accepted && s.Consortium != "" && strings.Contains(name, text.NameKey(s.Consortium)) {
				out = append(out, model.Finding{Code: b.d.CodeOf(ruleUnreadableNewer), Submission: s.Submission,
					Places: []model.Place{{File: a.file.Path}, {File: b.files[i].file.Path}},
					Vars:   map[string]string{"file": a.file.Path, "other": b.files[i].file.Path, "detail": a.file.Path}})
			}
		}
	}
	return out
}
