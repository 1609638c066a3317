#![allow(missing_docs, clippy::unwrap_used, clippy::print_stdout, rustdoc::missing_crate_level_docs)]
#[path = "../tests/host/basket.rs"]
mod basket;
use pos_api::port::*;
use pos_wasm::*;
use std::sync::Arc;
use std::time::Instant;
fn main() {
    let mut args = std::env::args().skip(1);
    let dir = args.next().unwrap();
    let wasm = args.next().unwrap();
    let source = ExtensionSource {
        file: "plugins/tax-table".into(),
        manifest: std::fs::read_to_string(format!("{dir}/plugin.toml")).unwrap(),
        code: std::fs::read(wasm).unwrap().into(),
        configuration: std::fs::read_to_string(format!("{dir}/configuration.default.json")).unwrap(),
    };
    let cache = std::env::temp_dir().join("wasm-e2e-cache");
    let t = Instant::now();
    let loader = ComponentLoader::new(HostOptions { cache_dir: Some(cache), ..Default::default() }).unwrap();
    println!("engine {:?}", t.elapsed());
    for _ in 0..3 {
        let t = Instant::now();
        match loader.load(&source) {
            Ok(_) => println!("load {:?}", t.elapsed()),
            Err(d) => {
                println!("{d}");
                return;
            }
        }
    }
    let plugin = loader.load(&source).unwrap();
    println!("{:?}", plugin.about());
    println!("{:?}", plugin.assess(&basket::tax_input(2)));
    let _ = Arc::new(basket::snapshot(1));
    for lines in [1, 10, 100, 200, 2000] {
        let input = basket::tax_input(lines);
        if let Err(e) = plugin.assess(&input) {
            println!("{lines}: {e:?}");
            continue;
        }
        let n = if cfg!(debug_assertions) { 20 } else { 2000 };
        let mut took: Vec<_> = (0..n)
            .map(|_| {
                let t = Instant::now();
                drop(plugin.assess(&input));
                t.elapsed()
            })
            .collect();
        took.sort();
        println!("{lines} lines: p50 {:?} p99 {:?}", took[n / 2], took[n * 99 / 100]);
    }
    let bad = ExtensionSource { configuration: "{\"x\": 1}".into(), ..source.clone() };
    println!("{}", loader.load(&bad).err().unwrap());
}
