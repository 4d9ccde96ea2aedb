package intake

import (
	"crypto/sha256"
	"encoding/hex"
	"os"
	"path/filepath"
	"strings"

	"lianheti/stages/model"
	"lianheti/stages/office/ooxml"
)

// Word proves the container of a Word file like any other, and gives its main part to be read. read says why what it holds is not the
// form, empty where it is; its error is a fault of the file.
func Word(file string, read func(main []byte) (foreign string, err error)) model.File {
	s := Source{Path: filepath.Base(file), disk: file, entry: -1}
	out := model.File{Path: s.Path}
	if info, err := os.Stat(file); err == nil && !info.Mode().IsRegular() {
		return refused(out, refuse(CodeUnreadable, "不是普通文件")).File
	}
	data, err := s.Read(MaxFile)
	if err != nil {
		return refused(out, s.unread(err)).File
	}
	sum := sha256.Sum256(data)
	out.SHA256, out.Size, out.Fate = hex.EncodeToString(sum[:]), int64(len(data)), model.Accepted
	main, part, refusal := openWord(data)
	if refusal != nil {
		return refused(out, refusal).File
	}
	switch foreign, err := read(main); {
	case err != nil:
		return refused(out, damaged(err, part)).File
	case foreign != "":
		return refused(out, refuse(CodeNotWordForm, "%s", foreign)).File
	}
	return out
}

// openWord gives the main part of a Word file, and its name.
func openWord(data []byte) (main []byte, part string, refusal *Refusal) {
	p, refusal := unpack(data)
	if refusal != nil {
		return nil, "", notWord(refusal)
	}
	part, kind, err := p.Main(ooxml.NewWalker())
	switch {
	case err != nil:
		return nil, "", damaged(err, "[Content_Types].xml")
	case strings.Contains(kind, "macroEnabled"):
		return nil, "", refuse(CodeNotWord, "带宏的文档（.docm）")
	case strings.Contains(kind, "spreadsheetml"):
		return nil, "", refuse(CodeNotWord, "工作簿（.xlsx）")
	case strings.HasPrefix(string(p.Get("mimetype")), "application/vnd.oasis"):
		return nil, "", refuse(CodeNotWord, "ODF 文档（.odt）")
	case !strings.Contains(kind, "wordprocessingml") || !p.Has(part):
		return nil, "", refuse(CodeNotWord, "别的压缩文件")
	}
	return p.Get(part), part, nil
}

// notWord says of a file that is no container of parts what it is instead of a Word form.
func notWord(r *Refusal) *Refusal {
	switch r.Code {
	case CodeOldExcel:
		return refuse(CodeNotWord, "旧版文档（.doc 或 .wps）")
	case CodeWebPage, CodeCSV:
		return refuse(CodeNotWord, "网页或文本")
	case CodeOtherArchive:
		return refuse(CodeNotWord, "压缩包")
	case CodeNotWorkbook:
		return refuse(CodeNotWord, "%s", strings.TrimSpace(r.Detail))
	}
	return r
}
