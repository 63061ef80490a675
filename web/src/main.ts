import { mount } from 'svelte';
import './app.css';
import App from './App.svelte';
import { restoreLanguage } from './lib/i18n';

restoreLanguage();
const target = document.getElementById('app');
if (target === null) throw new Error('index.html has no #app');
mount(App, { target });
