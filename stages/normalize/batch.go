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

// Batch gathers the rows of all files.
type Batch struct {
	d      *templates.Definition
	files  []*Rows
	people []string // whom the fields for persons of any file name
}

// NewBatch begins a batch.
func NewBatch(d *templates.Definition) *Batch { return &Batch{d: d} }

// Add takes the rows of the next file. Files come in the order of their paths.
func (b *Batch) Add(r *Rows) {
	b.people = append(b.people, r.people...)
	b.files = append(b.files, r)
}

// rename hides in the path of every file the persons that any file names, and keeps apart what differed only in them.
func (b *Batch) rename() text.People {
	people, paths := text.NewPeople(b.people), text.Paths{}
	for i := range b.files {
		a := b.files[i]
		old, path := a.file.Path, paths.Free(people.Hide(a.file.Path))
		a.file.Path, a.file.Detail, a.Submission.File = path, people.Hide(a.file.Detail), path
		for _, n := range a.notes {
			for k := range n.Places {
				if n.Places[k].File == old {
					n.Places[k].File = path
				}
			}
			if n.Vars["file"] == old {
				n.Vars["file"] = path
			}
		}
	}
	return people
}

// Facts decides which files are the submissions and gives their rows, ordered by submission.
func (b *Batch) Facts() *table.Facts {
	f := &table.Facts{Definition: b.d, People: b.rename()}
	f.Reading = append(f.Reading, b.settle()...)
	order := b.accepted() // the files that are submissions, by id
	slices.SortFunc(order, func(x, y int) int {
		a, o := b.files[x], b.files[y]
		return cmp.Or(cmp.Compare(a.Submission.Order(), o.Submission.Order()), cmp.Compare(a.id(), o.id()))
	})
	f.Said = map[string]string{}
	for _, i := range order {
		f.Said[b.files[i].id()] = b.files[i].said()
	}
	f.Files = table.Of(b.fileRows())
	f.Submissions = pick(b, order, func(r *Rows) []table.Submission { return []table.Submission{r.Submission} })
	f.Figures = pick(b, order, func(r *Rows) []table.Figure { return r.Figures })
	f.Metrics = pick(b, order, func(r *Rows) []table.Metric { return r.Metrics })
	f.Texts = pick(b, order, func(r *Rows) []table.Text { return r.Texts })
	f.Members = pick(b, order, func(r *Rows) []table.Member { return r.Members })
	f.Materials = pick(b, order, func(r *Rows) []table.Material { return r.Materials })
	f.Verifications = pick(b, order, func(r *Rows) []table.Verification { return r.Verifications })
	f.Explanations = pick(b, order, func(r *Rows) []table.Explanation { return r.Explanations })
	f.Coercions = pick(b, order, func(r *Rows) []table.Coercion { return r.Coercions })
	f.ListColumns = pick(b, order, func(r *Rows) []table.ListColumn { return r.ListColumns })
	f.ListCells = pick(b, order, func(r *Rows) []table.ListCell {
		for i := range r.ListCells {
			r.ListCells[i].File = r.file.Path
		}
		return r.ListCells
	})
	f.Loose = pick(b, order, func(r *Rows) []table.LooseCell { return r.Loose })
	f.Contacts = pick(b, order, func(r *Rows) []table.Contact { return r.contacts })
	f.Fulfilment, f.Pieces = table.Of[table.Fulfilled](nil), table.Of[table.Piece](nil)
	return f
}

func (b *Batch) fileRows() []table.File {
	rows := make([]table.File, 0, len(b.files))
	kept := map[string]bool{}      // submissions
	adopted := map[string]string{} // by path: the submission of a file that was adopted
	for _, a := range b.files {
		if a.file.Fate == model.Accepted {
			kept[a.id()], adopted[a.file.Path] = true, a.id()
		}
	}
	for _, a := range b.files {
		owner := a.id()
		if !kept[owner] { // the name was another one then: it belongs where its successor does, or nowhere
			owner = adopted[a.supersededBy]
		}
		row := table.FileOf(b.d, table.RoleOf(b.d), a.file, a.supersededBy, a.read, a.used)
		row.Submission = owner
		rows = append(rows, row)
	}
	return rows
}

func pick[T any](b *Batch, files []int, rows func(*Rows) []T) table.Table[T] {
	out := table.NewBuilder[T]()
	for _, i := range files {
		out.Append(rows(b.files[i])...)
	}
	return out.Finish()
}

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
			names = append(names, "“"+cmp.Or(b.files[k].Submission.Consortium, "（空）")+"”")
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
	holders := map[uint64][]int{} // files, by the hash of a cell
	for _, i := range b.accepted() {
		for _, cell := range slices.Compact(slices.Clone(b.files[i].cellHashes)) {
			holders[cell] = append(holders[cell], i)
		}
	}
	shared := map[[2]int]int{}
	for _, files := range holders {
		for k := 0; len(files) <= frequent && k < len(files); k++ {
			for _, i := range files[:k] {
				shared[[2]int{i, files[k]}]++
			}
		}
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
