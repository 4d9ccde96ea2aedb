// Package rehearse damages a good workbook in the ways people, office programs and mail systems do, and says of each what must be
// noticed: a refusal with its code, a finding at its cell, or nothing because no value changed. Whether it is noticed
// is not tried here: the pipeline reads every damaged file as it reads any other.
package rehearse

import (
	"fmt"

	"lianheti/stages/model"
	"lianheti/templates"
)

// Original is a workbook that was read and accepted.
type Original struct {
	Definition *templates.Definition
	Data       []byte
	Read       model.Workbook
}

// Damage is one damaged copy, and what must be noticed of it.
type Damage struct {
	ID   string
	What string // what happened to it, in a few words
	File string // the name it goes under
	Data []byte
	Want Want
	Err  error // it could not be made
}

// Want is what must be noticed.
type Want struct {
	Refused []string // the file is refused with one of these codes
	Found   []string // the workbook is read, with a finding of one of these codes …
	Place   model.Place
	Values  bool // every value is the same as in the original
}

// Damages makes all damaged copies, in the order of the catalogue.
func Damages(o Original) []Damage {
	out := make([]Damage, 0, len(catalogue))
	for _, e := range catalogue {
		out = append(out, e.apply(o))
	}
	return out
}

// entry is one line of the catalogue.
type entry struct {
	id, what string
	file     string // the extension, where it is not .xlsx
	make     func(*copying) Want
}

// apply makes one damaged copy. The library that edits workbooks may fail or panic on what another program wrote: then this
// damage could not be made.
func (e entry) apply(o Original) (d Damage) {
	d = Damage{ID: e.id, What: e.what, File: "推荐书" + e.file}
	if e.file == "" {
		d.File += ".xlsx"
	}
	defer func() {
		if p := recover(); p != nil {
			if failed, ok := p.(failure); ok {
				d.Err = failed.error
			} else {
				d.Err = fmt.Errorf("制作时程序出错：%v", p)
			}
		}
	}()
	c := &copying{Original: o, data: append([]byte{}, o.Data...)}
	d.Want = e.make(c)
	d.Data = c.data
	return d
}

// copying is a copy being damaged.
type copying struct {
	Original
	data []byte
}

// failure ends the making of one damage.
type failure struct{ error }

func must(err error) {
	if err != nil {
		panic(failure{err})
	}
}

func refused(codes ...string) Want { return Want{Refused: codes} }

func unharmed() Want { return Want{Values: true} }

func found(place model.Place, codes ...string) Want { return Want{Found: codes, Place: place} }

// unharmedBut says that the values are the same and a finding tells of the change.
func unharmedBut(place model.Place, codes ...string) Want {
	return Want{Found: codes, Place: place, Values: true}
}
