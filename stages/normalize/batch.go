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
	for _, a := range b.files {
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
	f.FileFindings = append(f.FileFindings, b.settle()...)
	order := b.accepted() // the files that are submissions, by id
	slices.SortFunc(order, func(x, y *Rows) int {
		return cmp.Or(cmp.Compare(x.Submission.Order(), y.Submission.Order()), cmp.Compare(x.id(), y.id()))
	})
	f.ContentHashes = map[string]string{}
	for _, r := range order {
		f.ContentHashes[r.id()] = r.said()
	}
	f.Files = table.Of(b.fileRows())
	f.Submissions = pick(order, func(r *Rows) []table.Submission { return []table.Submission{r.Submission} })
	f.Figures = pick(order, func(r *Rows) []table.Figure { return r.Figures })
	f.Metrics = pick(order, func(r *Rows) []table.Metric { return r.Metrics })
	f.Texts = pick(order, func(r *Rows) []table.Text { return r.Texts })
	f.Members = pick(order, func(r *Rows) []table.Member { return r.Members })
	f.Materials = pick(order, func(r *Rows) []table.Material { return r.Materials })
	f.Verifications = pick(order, func(r *Rows) []table.Verification { return r.Verifications })
	f.Explanations = pick(order, func(r *Rows) []table.Explanation { return r.Explanations })
	f.Coercions = pick(order, func(r *Rows) []table.Coercion { return r.Coercions })
	f.ListColumns = pick(order, func(r *Rows) []table.ListColumn { return r.ListColumns })
	f.ListCells = pick(order, func(r *Rows) []table.ListCell {
		for i := range r.ListCells {
			r.ListCells[i].File = r.file.Path
		}
		return r.ListCells
	})
	f.Loose = pick(order, func(r *Rows) []table.LooseCell { return r.Loose })
	f.Contacts = pick(order, func(r *Rows) []table.Contact { return r.contacts })
	f.Fulfilment, f.Pieces = table.Of[table.Fulfilled](nil), table.Of[table.Piece](nil)
	return f
}

func (b *Batch) fileRows() []table.File {
	rows := make([]table.File, 0, len(b.files))
	kept := map[string]bool{}      // submissions
	adopted := map[string]string{} // by path: the submission of a file that was adopted
	for _, a := range b.accepted() {
		kept[a.id()], adopted[a.file.Path] = true, a.id()
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

func pick[T any](files []*Rows, rows func(*Rows) []T) table.Table[T] {
	out := table.NewBuilder[T]()
	for _, r := range files {
		out.Append(rows(r)...)
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
	for _, a := range b.files {
		notes = append(notes, a.withSubmission()...)
	}
	return append(append(notes, found...), b.unreadable()...)
}

// withSubmission completes the notes of one file; those of a file in whose place another is read are nobody's.
func (a *Rows) withSubmission() []model.Finding {
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
func (b *Batch) groups() [][]*Rows {
	name, accepted := map[string]string{}, b.accepted() // a consortium's first name, by a later one
	bySum := table.IndexBy(slices.Values(accepted), func(r *Rows) string { return r.file.SHA256 })
	first := func(r *Rows) string {
		id := r.id()
		for name[id] != "" {
			id = name[id]
		}
		return id
	}
	for _, r := range accepted {
		if parent := bySum[r.parent]; parent != nil && inCommon(r, parent) >= mended && first(parent) != first(r) {
			name[first(r)] = first(parent)
		}
	}
	return slices.DeleteFunc(table.GroupBy(accepted, first), func(group []*Rows) bool { return len(group) == 1 })
}

func (b *Batch) accepted() []*Rows {
	return table.Where(slices.Values(b.files), func(r *Rows) bool { return r.file.Fate == model.Accepted })
}

func (b *Batch) settleGroup(all []*Rows) []model.Finding {
	group, idle := idleCopies(b.dropCopies(all))
	latest := slices.DeleteFunc(slices.Clone(group), func(r *Rows) bool {
		return slices.ContainsFunc(group, func(o *Rows) bool { return o != r && o.madeFrom(r, all) })
	})
	if len(latest) == 0 { // copies that name each other as parents say nothing
		latest = group
	}
	highest := slices.MaxFunc(latest, func(x, y *Rows) int { return int(x.number()) - int(y.number()) })
	latest = slices.DeleteFunc(latest, func(r *Rows) bool { return r.number() != 0 && r.number() < highest.number() })
	keep := slices.MinFunc(latest, plainFirst)
	for _, r := range slices.Concat(idle, group) {
		switch {
		case r == keep:
		case slices.Contains(latest, r):
			b.replace(r, keep, model.Rejected, "side_by_side")
			r.file.Detail = editions([]*Rows{r, keep})
		default:
			b.replace(r, keep, model.Superseded, "superseded")
		}
	}
	for _, r := range all {
		r.Submission.Submission = keep.id()
	}
	if len(latest) == 1 {
		return nil
	}
	return []model.Finding{b.ambiguity("two_versions", keep, latest)}
}

// ambiguity makes the finding about files of which nobody knows which is the one, the one that is read first.
func (b *Batch) ambiguity(rule string, keep *Rows, files []*Rows) model.Finding {
	files = append([]*Rows{keep}, slices.DeleteFunc(slices.Clone(files), func(r *Rows) bool { return r == keep })...)
	paths := table.Each(files, func(r *Rows) string { return r.file.Path })
	return model.Finding{Code: b.d.CodeOf(rule), Submission: keep.id(),
		Places: table.Each(paths, func(path string) model.Place { return model.Place{File: path} }),
		Vars: map[string]string{"list": strings.Join(paths, "、"), "file": paths[0],
			"other": strings.Join(paths[1:], "、"), "detail": editions(files)}}
}

// editions tells what the covers of files say of the edition, in their order.
func editions(files []*Rows) string {
	said := table.Each(files, func(r *Rows) string {
		i := slices.IndexFunc(r.Figures, func(f table.Figure) bool { return f.Field == "edition" && f.Raw != "" })
		if i < 0 {
			return "未填"
		}
		return r.Figures[i].Raw
	})
	if len(slices.Compact(slices.Clone(said))) == 1 {
		return strings.Replace("都是"+said[0], "是未填", "未填", 1)
	}
	return "依次是" + strings.Join(said, "、")
}

// plainFirst orders files by their names: a copy's is longer than the original's (… - 副本.xlsx, … (1).xlsx).
func plainFirst(x, y *Rows) int {
	return cmp.Or(len(path.Base(x.file.Path))-len(path.Base(y.file.Path)), strings.Compare(x.file.Path, y.file.Path))
}

// idleCopies takes apart the issued copies on which nobody worked, beside files on which somebody did.
func idleCopies(group []*Rows) (others, idle []*Rows) {
	worked := func(r *Rows) bool { return !r.untouched }
	if !slices.ContainsFunc(group, worked) {
		return group, nil
	}
	idle = slices.DeleteFunc(slices.Clone(group), worked)
	return table.Where(slices.Values(group), worked), idle
}

// dropCopies leaves one of the files with the same content, rather one that is no issued copy and tells its edition.
func (b *Batch) dropCopies(group []*Rows) []*Rows {
	var kept []*Rows
	for _, r := range slices.SortedStableFunc(slices.Values(group), func(x, y *Rows) int {
		return cmp.Or(len(x.parent)-len(y.parent), int(y.number()-x.number()), plainFirst(x, y))
	}) {
		if first := slices.IndexFunc(kept, r.same); first >= 0 {
			b.replace(r, kept[first], model.Superseded, "duplicate_file")
		} else {
			kept = append(kept, r)
		}
	}
	return table.Where(slices.Values(group), func(r *Rows) bool { return slices.Contains(kept, r) })
}

// madeFrom says whether a file was made from another, or one of its content, by way of any files of the consortium.
func (r *Rows) madeFrom(original *Rows, all []*Rows) bool {
	for range all { // no longer: copies may name each other as parents
		at := slices.IndexFunc(all, func(o *Rows) bool { return o.file.SHA256 == r.parent })
		if at < 0 {
			return false
		}
		if r = all[at]; r == original || r.same(original) {
			return true
		}
	}
	return false
}

// same says whether two files are of one content, and not of two editions.
func (r *Rows) same(o *Rows) bool {
	return r.content == o.content && (r.number() == o.number() || r.number() == 0 || o.number() == 0)
}

func (b *Batch) replace(a, by *Rows, fate model.Fate, rule string) {
	a.file.Fate, a.file.Code, a.supersededBy = fate, b.d.CodeOf(rule), by.file.Path
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
func inCommon(a, o *Rows) float64 {
	fewer := min(len(a.cellHashes), len(o.cellHashes))
	if fewer < fewest {
		return 0
	}
	return float64(text.Common(a.cellHashes, o.cellHashes)) / float64(fewer)
}

// suspectedTwins finds submissions of one prefecture that may be one consortium's under two names.
func (b *Batch) suspectedTwins() (found []model.Finding) {
	files := b.accepted()
	of := suspects(files)
	done := map[int]bool{}
	for i := range files {
		if done[i] || len(of[i]) == 0 {
			continue
		}
		at := []int{i}
		for n := 0; n < len(at); n++ {
			for _, k := range of[at[n]] {
				if !slices.Contains(at, k) {
					at = append(at, k)
				}
			}
		}
		group := table.Each(at, func(k int) *Rows {
			done[k] = true
			return files[k]
		})
		keep := slices.MinFunc(group, func(x, y *Rows) int {
			return cmp.Or(cmp.Compare(x.Submission.Order(), y.Submission.Order()), plainFirst(x, y))
		})
		x := b.ambiguity("suspected_same", keep, group)
		names := []string{nameOf(keep)}
		for _, r := range group {
			if r != keep {
				names = append(names, nameOf(r))
				b.replace(r, keep, model.Rejected, "suspected_twin")
				r.file.Detail, r.Submission.Submission = keep.Submission.Consortium, keep.id()
			}
		}
		x.Vars["detail"] = strings.Join(names, "、")
		found = append(found, x)
	}
	return found
}

func nameOf(r *Rows) string { return "“" + cmp.Or(r.Submission.Consortium, "（空）") + "”" }

// suspects lists for each file the others that may be the same consortium's, by cells that few files share.
func suspects(files []*Rows) map[int][]int {
	holders := map[uint64][]int{} // files, by the hash of a cell
	for i, r := range files {
		for _, cell := range slices.Compact(slices.Clone(r.cellHashes)) {
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
		x, y := files[i].Submission.CityCode, files[k].Submission.CityCode
		if both >= fewest/2 && (x == y || x == "" || y == "") && inCommon(files[i], files[k]) >= nearly {
			of[i], of[k] = append(of[i], k), append(of[k], i)
		}
	}
	for i := range of {
		slices.Sort(of[i])
	}
	return of
}
