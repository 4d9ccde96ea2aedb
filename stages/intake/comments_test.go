package intake

import (
	"testing"

	"lianheti/stages/model"

	"github.com/xuri/excelize/v2"
)

// Requirements
//  1. What a filler wrote in a note is said with its cell, without the author's name that programs put before it; what a returned copy wrote
//     there is not.

func TestWordsInNotes(t *testing.T) {
	ours := model.NoteBegin + "省教育厅\n【必须修改】…\n" + model.NoteEnd
	for note, want := range map[string]string{ours: "", "王某:\n已核实": "已核实", "已核实": "已核实", ours + "\n已改": "已改", "已改\n" + ours + "\n属实": "已改\n属实",
		"[Threaded comment]\n\nYour version of Excel allows you to read this.\n\nComment:\n    属实": "属实"} {
		if got := written(note, "王某"); got != want {
			t.Errorf("%q: %q, want %q", note, got, want)
		}
	}
	data := edit(t, sent(), func(f *excelize.File) error {
		for cell, words := range map[string]string{"F14": "试点到期", "F15": ours} {
			if err := f.AddComment("2年度数据", excelize.Comment{Cell: cell, Author: "王某", Text: words}); err != nil {
				return err
			}
		}
		return nil
	})
	book, refusal := open(data, false, "")
	if refusal != nil {
		t.Fatal(refusal)
	}
	sheet := book.Sheet("2年度数据")
	if len(sheet.comments) != 1 || sheet.comments[0] != (comment{"F14", "试点到期"}) {
		t.Errorf("%+v", sheet.comments)
	}
}
