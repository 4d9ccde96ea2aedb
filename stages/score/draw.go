package score

import "math"

// draw gives weights of the criteria, as many points as can be earned, draw by draw: Dirichlet around the rubric's weights, with the
// concentration at which a weight of average size has the rubric's spread as its relative standard deviation. All weighted
// points are drawn, those that wait for experts too, so that the same draws serve once the marks are there.
//
// One stream makes all draws, in order, before any is used: the number of workers can't matter. Anybody can make them again
// (testdata/recompute.py does):
//
//	points with weight w > 0 in the rubric's order, K of them, S the sum of w
//	concentration A = (K − 1) / spread² − 1;  shape of a point a = w / S · A
//	for each draw: g = gamma(a) for each point, in order; the drawn weight is g / Σg · S
//	stream: SplitMix64 from the seed; a uniform number is the upper 53 bits / 2⁵³
//	normal: Marsaglia's polar method, the first of the two numbers
//	gamma: Marsaglia and Tsang (2000)
func (m *scheme) draw(seed uint64, draws int) [][]float64 {
	random := stream(seed)
	shapes := m.shapes()
	out := make([][]float64, draws)
	for d := range out {
		weights, drawn, base := make([]float64, len(m.criteria)), 0.0, 0.0
		for i, c := range m.criteria {
			if c.weight > 0 {
				weights[i] = random.gamma(shapes[i])
				drawn += weights[i]
				base += c.weight
			}
		}
		for i, c := range m.criteria {
			if c.weight > 0 {
				weights[i] = weights[i] / drawn * base * (c.earn(m.complete) / c.weight)
			}
		}
		out[d] = weights
	}
	return out
}

// shapes are the Dirichlet parameters a = s·A of the shares s. Their variance is s(1−s)/(A+1); a share of average size, 1/K, has the
// relative standard deviation v where A = (K−1)/v² − 1.
func (m *scheme) shapes() []float64 {
	spread := m.def.Rubric.Robustness.Spread.InexactFloat64()
	sum, k := 0.0, 0.0
	for _, c := range m.criteria {
		if c.weight > 0 {
			sum, k = sum+c.weight, k+1
		}
	}
	concentration := (k-1)/(spread*spread) - 1
	out := make([]float64, len(m.criteria))
	for i, c := range m.criteria {
		out[i] = c.weight / sum * concentration
	}
	return out
}

// stream is SplitMix64 (Steele, Lea and Flood 2014): a few lines in any language, so that others can draw the same.
type stream uint64

func (s *stream) next() uint64 {
	*s += 0x9E3779B97F4A7C15
	z := uint64(*s)
	z = (z ^ z>>30) * 0xBF58476D1CE4E5B9
	z = (z ^ z>>27) * 0x94D049BB133111EB
	return z ^ z>>31
}

// uniform is in [0, 1).
func (s *stream) uniform() float64 { return float64(s.next()>>11) / (1 << 53) }

// index is below n, which is far smaller than 2⁵³.
func (s *stream) index(n int) int { return int(s.uniform() * float64(n)) }

// normal is Marsaglia's polar method; the second number of each pair is not used.
func (s *stream) normal() float64 {
	for {
		u, v := 2*s.uniform()-1, 2*s.uniform()-1
		q := float64(u*u) + float64(v*v)
		if q > 0 && q < 1 {
			return u * math.Sqrt(-2*math.Log(q)/q)
		}
	}
}

// gamma draws from the gamma distribution of the shape a and scale 1, by Marsaglia and Tsang (2000).
func (s *stream) gamma(a float64) float64 {
	if a < 1 {
		g := s.gamma(a + 1)
		return g * math.Pow(1-s.uniform(), 1/a)
	}
	d := a - 1.0/3
	c := 1 / math.Sqrt(9*d)
	for {
		x := s.normal()
		v := 1 + float64(c*x)
		if v <= 0 {
			continue
		}
		v = v * v * v
		u := 1 - s.uniform() // never 0
		if math.Log(u) < float64(x*x/2)+d-float64(d*v)+float64(d*math.Log(v)) {
			return v * d
		}
	}
}
