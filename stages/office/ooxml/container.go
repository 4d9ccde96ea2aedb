// Package ooxml opens the containers that office programs write: a zip of XML parts, on the bytes of a file that
// nobody vouches for. Nothing of a file is believed before every one of its bytes is accounted for: the directory
// stands where the end says, every entry unpacks to the length and the checksum that it names, names are told apart,
// and XML is walked strictly to its end.
//
//	data, err := ooxml.Decrypt(data) // a read-only book, encrypted with the password that every program knows
//	parts, err := ooxml.Open(data)   // proven whole
//	err = ooxml.NewWalker().Walk(parts.Get("xl/workbook.xml"), show)
//
// What is wrong with a file is a *Fault of this package: its kind, and what exactly, in words for a person. Which
// finding follows from it is for the reader of a kind of file to say.
//
// Everything is bounded before it begins: a file of 20 MB, a directory of 4 MB, 64 MB a part, 128 MB in all, 800,000
// elements a workbook, 64 deep, 1 MB a token, no DOCTYPE, no entities but XML's own five.
package ooxml

import (
	"archive/zip"
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"hash/crc32"
	"io"
	"io/fs"
	"path"
	"slices"
	"strings"
	"sync"

	"github.com/klauspost/compress/flate"
)

// Limits of one container. A filled form unpacks to about 1 MB; one in a thousand public workbooks exceeds 10 MB.
const (
	MaxFile      = 20 << 20
	MaxPart      = 64 << 20
	MaxTotal     = 128 << 20
	MaxEntries   = 2000
	MaxDirectory = 4 << 20 // the directory is read whole before anything can be counted
	MaxElements  = 800000  // of all parts that are walked
	MaxDepth     = 64
	MaxToken     = 1 << 20 // bytes of one tag or one run of text
)

// Kind of a fault.
type Kind int

const (
	Incomplete Kind = iota // cut off
	Damaged                // checksums or XML don't hold
	Encrypted              // with a password of its own
	OldOffice              // a container of the old kind, with a document of the old kind
	Inflates               // unpacks to far more than an office file holds
	Excessive              // more of something than an office file holds
)

// Fault is why a container can't be used.
type Fault struct {
	Kind   Kind
	Detail string // for a person; may be empty
}

func (f *Fault) Error() string { return f.Detail }

func fault(kind Kind, format string, args ...any) *Fault {
	return &Fault{kind, fmt.Sprintf(format, args...)}
}

// Part is one entry of a container, proven.
type Part struct {
	Name string // as written, with plain slashes and none before it
	Data []byte // nil where nobody asked for it
}

// Parts are the entries of a container in the order of its directory.
type Parts struct {
	All  []Part
	at   map[string]int     // by name in lower case: two names that differ in nothing else are one
	tool *inflater          // holds the content
	late func(i int) []byte // unpacks a part that is asked for; nil: all are
}

// Release gives the memory of the parts back. Nothing of their content may be held on to.
func (p *Parts) Release() {
	if p.tool != nil && cap(p.tool.slab) <= largestSlab {
		inflaters.Put(p.tool)
	}
	*p = Parts{}
}

// Get gives the content of a part; nil where there is none.
func (p *Parts) Get(name string) []byte {
	i, ok := p.at[strings.ToLower(name)]
	switch {
	case !ok:
		return nil
	case p.late != nil && p.All[i].Data == nil:
		p.All[i].Data = p.late(i)
	}
	return p.All[i].Data
}

// Has says whether there is a part of a name, be it empty.
func (p *Parts) Has(name string) bool {
	_, ok := p.at[strings.ToLower(name)]
	return ok
}

// Open proves a container whole and gives the parts that hold XML, or say of what kind it is.
func Open(data []byte) (*Parts, error) {
	return open(data, func(name string) bool {
		ext := strings.ToLower(path.Ext(name))
		return ext == ".xml" || ext == ".rels" || name == "mimetype"
	})
}

// Unpack proves a container whole and gives all its parts.
func Unpack(data []byte) (*Parts, error) {
	return open(data, func(string) bool { return true })
}

// Glance gives the parts of a container of which each is proven only when it is asked for, and is none where it is
// damaged: for a first look at what will be opened, and proven whole, before anything of it is believed.
func Glance(data []byte) (*Parts, error) { return open(data, nil) }

// open unpacks what is wanted and proves all; where nothing is said to be wanted, that waits until it is asked for.
func open(data []byte, wanted func(name string) bool) (*Parts, error) {
	files, err := directory(data)
	if err != nil {
		return nil, err
	}
	tool := inflaters.Get().(*inflater)
	tool.reserve(files)
	out, left := &Parts{at: make(map[string]int, len(files)), tool: tool}, uint64(MaxTotal)
	var waiting []*zip.File
	if wanted == nil {
		out.late = func(i int) []byte {
			content, _ := tool.inflate(data, waiting[i], MaxTotal, true)
			return content
		}
	}
	for _, f := range files {
		name := strings.TrimPrefix(strings.ReplaceAll(f.Name, `\`, "/"), "/")
		if f.Mode().IsDir() {
			if f.UncompressedSize64 > 0 || f.CRC32 != 0 { // a part that one turned bit makes a folder
				return nil, fault(Damaged, "文件夹里有内容")
			}
			continue
		}
		key := strings.ToLower(name)
		if _, taken := out.at[key]; taken {
			return nil, fault(Damaged, "部件重名")
		}
		var content []byte
		if wanted == nil {
			waiting = append(waiting, f)
		} else {
			keep := wanted(name)
			if content, err = tool.inflate(data, f, left, keep); err != nil {
				return nil, err
			}
			if left -= uint64(len(content)); !keep {
				content = nil
			}
		}
		out.at[key] = len(out.All)
		out.All = append(out.All, Part{name, content})
	}
	return out, nil
}

// directory reads the entries of a container, which must be all that the file is.
func directory(data []byte) ([]*zip.File, error) {
	switch end := EndOfDirectory(data); {
	case end == 0:
		return nil, fault(Incomplete, "缺少结尾，可能被截断")
	case end != len(data):
		return nil, fault(Damaged, "结尾之后另有内容")
	}
	size, ok := DirectorySize(data, int64(len(data)))
	if !ok {
		return nil, fault(Damaged, "目录与文件大小不符")
	}
	if size > MaxDirectory {
		return nil, fault(Inflates, "目录有 %d MB，部件过多", size>>20)
	}
	zr, err := zip.NewReader(bytes.NewReader(data), int64(len(data)))
	if err != nil && !errors.Is(err, zip.ErrInsecurePath) {
		return nil, fault(Incomplete, "目录打不开")
	}
	if len(zr.File) > MaxEntries {
		return nil, fault(Inflates, "含 %d 个部件，一份推荐书不过几十个", len(zr.File))
	}
	return zr.File, nil
}

// EndOfDirectory gives where a zip container ends; 0 where no end is found.
func EndOfDirectory(data []byte) int {
	at := bytes.LastIndex(data, []byte("PK\x05\x06"))
	if at < 0 || at+22 > len(data) {
		return 0
	}
	return at + 22 + int(data[at+20]) + int(data[at+21])<<8
}

// DirectorySize reads the end of a zip container of a size: how large its directory is. ok says that the directory
// stands where the end says, seen from the first byte: nothing stands before the container, and none of it was cut
// off at its beginning.
func DirectorySize(tail []byte, size int64) (directory int64, ok bool) {
	const locator, end64 = 20, 56
	if EndOfDirectory(tail) == 0 {
		return 0, false
	}
	at := bytes.LastIndex(tail, []byte("PK\x05\x06"))
	pos := size - int64(len(tail)-at)
	little := binary.LittleEndian
	directory, offset := int64(little.Uint32(tail[at+12:])), int64(little.Uint32(tail[at+16:]))
	if directory+offset == pos {
		return directory, true
	}
	if at < locator+end64 || !bytes.HasPrefix(tail[at-locator:], []byte("PK\x06\x07")) ||
		!bytes.HasPrefix(tail[at-locator-end64:], []byte("PK\x06\x06")) {
		return 0, false
	}
	record := tail[at-locator-end64:] // of large containers, and of programs that write every one so
	large, far := little.Uint64(record[40:]), little.Uint64(record[48:])
	return int64(large), large < 1<<40 && far < uint64(size) && int64(large+far) == pos-locator-end64
}

// inflater unpacks entries. A new decoder for each part costs as much as a small part.
type inflater struct {
	source  bytes.Reader
	decoder io.ReadCloser
	slab    []byte // the parts of one container, one behind the other
	scratch []byte // for parts that are proven only
}

// largestSlab is kept for the next container; a form needs 2 MB.
const largestSlab = 8 << 20

// mostly is how many times deflate can shrink anything.
const mostly = 1032

// reserve makes room for what a directory says that its entries unpack to, as far as that can be true.
func (t *inflater) reserve(files []*zip.File) {
	total := uint64(0)
	for _, f := range files {
		total += min(f.UncompressedSize64, MaxPart, min(f.CompressedSize64, MaxFile)*mostly)
	}
	if total = min(total, MaxTotal); uint64(cap(t.slab)) < total {
		t.slab = make([]byte, 0, total)
	}
	t.slab = t.slab[:0]
}

// room gives bytes of the slab, or others where it is full.
func (t *inflater) room(size int) []byte {
	from := len(t.slab)
	if cap(t.slab)-from < size {
		return make([]byte, size)
	}
	t.slab = t.slab[:from+size]
	return t.slab[from : from+size : from+size]
}

var inflaters = sync.Pool{New: func() any { return &inflater{decoder: flate.NewReader(bytes.NewReader(nil))} }}

// inflate unpacks one entry and proves its length and checksum, which are computed here: archive/zip believes a
// checksum of zero. Where the content is not kept it is valid until the next call.
func (t *inflater) inflate(data []byte, f *zip.File, left uint64, keep bool) ([]byte, error) {
	const encrypted = 1
	most, size, packed := min(MaxPart, left), f.UncompressedSize64, f.CompressedSize64
	switch {
	case f.Flags&encrypted != 0:
		return nil, &Fault{Kind: Encrypted}
	case f.Method != zip.Store && f.Method != zip.Deflate:
		return nil, fault(Damaged, "压缩方法 %d 不认识", f.Method)
	case f.Mode()&fs.ModeSymlink != 0:
		return nil, fault(Damaged, "部件是链接")
	case size > most:
		return nil, fault(Inflates, "解开后超过 %d MB", most>>20)
	}
	at, err := f.DataOffset()
	if err != nil || uint64(at) > uint64(len(data)) || packed > uint64(len(data))-uint64(at) {
		return nil, fault(Damaged, "部件打不开")
	}
	raw := data[at : uint64(at)+packed]
	switch {
	case size == 0 && packed == 0: // an empty part, whatever the method
		return []byte{}, checked(nil, f)
	case f.Method == zip.Store && packed != size, size > packed*mostly:
		return nil, fault(Damaged, "部件长度不符")
	case f.Method == zip.Store:
		return raw, checked(raw, f)
	}
	var content []byte
	if keep {
		content = t.room(int(size))
	} else {
		t.scratch = slices.Grow(t.scratch[:0], int(size))
		content = t.scratch[:size]
	}
	t.source.Reset(raw)
	if err := t.decoder.(flate.Resetter).Reset(&t.source, nil); err != nil {
		return nil, fault(Damaged, "部件打不开")
	}
	_, err = io.ReadFull(t.decoder, content)
	var more [1]byte
	if n, end := t.decoder.Read(more[:]); err != nil || n > 0 || end != io.EOF {
		return nil, fault(Damaged, "部件长度不符")
	}
	return content, checked(content, f)
}

func checked(content []byte, f *zip.File) error {
	if crc32.ChecksumIEEE(content) != f.CRC32 {
		return fault(Damaged, "部件校验和不符")
	}
	return nil
}

// Pack makes a container of parts, in their order, by a method of archive/zip.
func Pack(parts []Part, method uint16) ([]byte, error) {
	var out bytes.Buffer
	zw := zip.NewWriter(&out)
	for _, p := range parts {
		w, err := zw.CreateHeader(&zip.FileHeader{Name: p.Name, Method: method})
		if err != nil {
			return nil, err
		}
		if _, err := w.Write(p.Data); err != nil {
			return nil, err
		}
	}
	err := zw.Close() // before Bytes: it writes the directory
	return out.Bytes(), err
}

// Relation is one part that another points at.
type Relation struct{ ID, Type, Target string }

// Relations reads what a part points at, the container itself where the name is empty; none where it points at nothing.
func (p *Parts) Relations(w *Walker, part string) (out []Relation, err error) {
	data := p.Get(RelationsOf(part))
	if data == nil {
		return nil, nil
	}
	err = w.Walk(data, func(e *Element) error {
		if e.Start && e.Native && string(e.Name) == "Relationship" {
			out = append(out, Relation{e.Attr("Id"), e.Attr("Type"), resolve(path.Dir(part), e.Attr("Target"))})
		}
		if len(out) > MaxEntries {
			return fault(Excessive, "部件间的关系过多")
		}
		return nil
	})
	return out, err
}

// RelationsOf is where the relations of a part stand.
func RelationsOf(part string) string {
	return path.Join(path.Dir(part), "_rels", path.Base("/"+part)+".rels")
}

// ByID gives the target of a relation; empty where there is none.
func ByID(all []Relation, id string) string {
	for _, r := range all {
		if id != "" && r.ID == id {
			return r.Target
		}
	}
	return ""
}

// ByType gives the first target of a type, known by its end: strict and transitional types end alike.
func ByType(all []Relation, end string) string {
	for _, r := range all {
		if strings.HasSuffix(r.Type, end) {
			return r.Target
		}
	}
	return ""
}

func resolve(dir, target string) string {
	if strings.HasPrefix(target, "/") {
		return strings.TrimPrefix(path.Clean(target), "/")
	}
	return path.Join(dir, target)
}

// Main gives the main part of a container, and the content type that it is declared to have. Only that part tells the
// kind: SheetJS lists the types of macros and binary sheets in every file that it writes.
func (p *Parts) Main(w *Walker) (part, contentType string, err error) {
	roots, err := p.Relations(w, "")
	if err != nil {
		return "", "", err
	}
	if part = ByType(roots, "/officeDocument"); part == "" {
		return "", "", nil
	}
	const types = "[Content_Types].xml"
	if !p.Has(types) {
		return part, "", nil
	}
	byExtension := ""
	err = w.Walk(p.Get(types), func(e *Element) error {
		switch {
		case !e.Start || !e.Native:
		case string(e.Name) == "Override" && strings.EqualFold(e.Attr("PartName"), "/"+part):
			contentType = e.Attr("ContentType")
		case string(e.Name) == "Default" && strings.EqualFold("."+e.Attr("Extension"), path.Ext(part)):
			byExtension = e.Attr("ContentType")
		}
		return nil
	})
	if contentType == "" {
		contentType = byExtension
	}
	return part, contentType, err
}
