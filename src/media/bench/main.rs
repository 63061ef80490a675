fn main() {
    if std::env::args().any(|a| a == "media-server") {
        diemcau_media::bench::serve_media().expect("serves");
        return;
    }
    let mut o = diemcau_media::bench::Options::new(vec!["media-server".into()]);
    if let Ok(r) = std::env::var("ROUNDS") { o.rounds = r.parse().expect("n"); }
    let t = std::time::Instant::now();
    for f in diemcau_media::bench::run(&o).expect("figures") {
        println!("{} {:.3} {}", f.name, f.value, f.unit);
    }
    eprintln!("{:?}", t.elapsed());
}
