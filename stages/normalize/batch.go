package normalize

import (
	"cmp"
	"slices"

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
