# size.csv: series,persons,settlements,us_per_settle,rss_mb,disk_mb
set multiplot layout 2,1 title heading('Cost against the size of the data')
set logscale x
set format x '%.0s%c'
set key off
set bmargin 3
set ylabel 'us a settlement'
set yrange [0:*]
# What grew: persons, or in the series of this name settlements.
grew(name) = name[1:11] eq 'settlements' ? 3 : 2
plot for [n = 1:words(series)] of(word(series, n), grew(word(series, n))) \
  using grew(word(series, n)):4 with linespoints ls style(n) title word(series, n) noenhanced
set xlabel 'persons, or settlements, stored'
set ylabel 'MB: memory (line), disk (dashes)'
set key at screen 0.5, 0.02 center bottom maxrows 2
set bmargin 7
set logscale y
set yrange [10:*]
plot for [n = 1:words(series)] of(word(series, n), grew(word(series, n))) \
  using grew(word(series, n)):5 with linespoints ls style(n) title word(series, n) noenhanced, \
  for [n = 1:words(series)] of(word(series, n), grew(word(series, n))) \
  using grew(word(series, n)):6 with linespoints ls style(n) dt 2 notitle
unset multiplot
